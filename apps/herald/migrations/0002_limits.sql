CREATE INDEX "notifications_by_caller" ON "notifications" ("caller", "created_at");
--> statement-breakpoint
-- The queue, to see how long it is.
CREATE INDEX "notifications_pending" ON "notifications" ("created_at") WHERE "state" = 'pending';
