CREATE TABLE "notifications" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_uri" text NOT NULL,
	"requested_by" text NOT NULL,
	"caller" text NOT NULL,
	"type" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"message_id" text NOT NULL,
	"address" text,
	"name" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "notifications_message_id_unique" UNIQUE("message_id"),
	CONSTRAINT "notifications_state_known" CHECK ("state" IN ('pending', 'delivered', 'failed')),
	CONSTRAINT "notifications_person_only_while_pending" CHECK (
		("state" = 'pending') = ("address" IS NOT NULL) AND ("state" = 'pending') = ("name" IS NOT NULL)
	)
);
