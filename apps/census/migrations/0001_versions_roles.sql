-- Of one sequence for all users, so that no version ever comes back, not even when a deleted user does.
CREATE SEQUENCE "users_version";
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "role" text DEFAULT 'member' NOT NULL;
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_role_known" CHECK ("role" IN ('member', 'administrator'));
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "version" bigint DEFAULT nextval('users_version') NOT NULL;
--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_unique" ON "users" (lower("email"));
--> statement-breakpoint
CREATE INDEX "users_by_team" ON "users" ("team", "id");
