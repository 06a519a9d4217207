-- How often who asks has missed in the window that began at "since": shared by all replicas.
CREATE TABLE "misses" (
	-- SHA-256 of caller and subject: of one length, and no list of who asks.
	"asker" text PRIMARY KEY NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	"count" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "misses_by_time" ON "misses" ("since");
