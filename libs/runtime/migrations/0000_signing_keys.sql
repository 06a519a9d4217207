create table "signing_keys" (
  "kid" text primary key,
  "service" text not null,
  "algorithm" text not null,
  "public_jwk" jsonb not null,
  "sealed_private_jwk" text not null,
  "state" text not null check ("state" in ('active', 'retiring', 'retired')),
  "created_at" timestamp with time zone not null default now()
);
--> statement-breakpoint
create unique index "signing_keys_one_active" on "signing_keys" ("service") where "state" = 'active';
