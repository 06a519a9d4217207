-- The link that a mail carries, sealed; there only while the mail still has to leave.
ALTER TABLE "notifications" ADD COLUMN "sealed_link" text;
--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_link_only_while_pending"
	CHECK ("state" = 'pending' OR "sealed_link" IS NULL);
