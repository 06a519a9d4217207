-- Since when it has been waiting: giving up is counted from here, also after a resend.
ALTER TABLE "notifications" ADD COLUMN "pending_since" timestamp with time zone DEFAULT now() NOT NULL;
--> statement-breakpoint
UPDATE "notifications" SET "pending_since" = "created_at";
--> statement-breakpoint
CREATE INDEX "notifications_by_requester" ON "notifications" ("requested_by", "created_at" DESC, "id" DESC);
--> statement-breakpoint
CREATE INDEX "notifications_by_user" ON "notifications" ("user_uri", "created_at" DESC, "id" DESC);
--> statement-breakpoint
CREATE INDEX "notifications_by_state" ON "notifications" ("state", "created_at" DESC, "id" DESC);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	-- SHA-256 of caller, subject and key: what callers choose as a key is not kept.
	"digest" text PRIMARY KEY NOT NULL,
	-- SHA-256 of what was asked for under it.
	"fingerprint" text NOT NULL,
	"notification" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_expiry" ON "idempotency_keys" ("expires_at");
