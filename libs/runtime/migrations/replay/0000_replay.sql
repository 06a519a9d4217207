create table "used_tokens" (
  "key" bytea primary key,
  "expires_at" bigint not null
);
--> statement-breakpoint
create index "used_tokens_expires_at" on "used_tokens" ("expires_at");
