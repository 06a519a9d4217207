alter table "signing_keys" drop constraint "signing_keys_state_check";
--> statement-breakpoint
alter table "signing_keys" add constraint "signing_keys_state_check" check ("state" in ('next', 'active', 'retiring', 'retired'));
--> statement-breakpoint
alter table "signing_keys" alter column "sealed_private_jwk" drop not null;
--> statement-breakpoint
alter table "signing_keys" add column "since" timestamp with time zone not null default now();
--> statement-breakpoint
update "signing_keys" set "since" = "created_at";
--> statement-breakpoint
alter table "signing_keys" add column "compromised" boolean not null default false;
--> statement-breakpoint
drop index "signing_keys_one_active";
--> statement-breakpoint
create unique index "signing_keys_one_active" on "signing_keys" ("service", "algorithm") where "state" = 'active';
--> statement-breakpoint
create unique index "signing_keys_one_next" on "signing_keys" ("service", "algorithm") where "state" = 'next';
