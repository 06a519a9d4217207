-- "version" is the version of the registry (topic "registry") that changed a row last.
alter table "services"
  add column "token_lifetime" integer check ("token_lifetime" > 0),
  add column "algorithm" text,
  add column "encryption_key" jsonb,
  add column "built_in" boolean not null default false,
  add column "created_at" timestamp with time zone not null default now(),
  add column "version" bigint not null default 0;
--> statement-breakpoint
create index "services_version" on "services" ("version");
--> statement-breakpoint
alter table "clients"
  add column "service" text references "services" ("name"),
  add column "jwks_uri" text,
  add column "networks" text[] not null default '{}',
  add column "ca" text,
  add column "algorithms" text[] not null default '{}',
  add column "version" bigint not null default 0;
--> statement-breakpoint
create index "clients_version" on "clients" ("version");
--> statement-breakpoint
create index "clients_service" on "clients" ("service");
--> statement-breakpoint
create index "clients_lower_id" on "clients" (lower("id"));
--> statement-breakpoint
-- A volatile default: every secret there is already gets an id of its own.
alter table "client_secrets"
  add column "id" text not null default replace(gen_random_uuid()::text, '-', ''),
  add column "last_used_at" timestamp with time zone;
--> statement-breakpoint
create unique index "client_secrets_id" on "client_secrets" ("id");
--> statement-breakpoint
alter table "grants"
  add column "expires_at" timestamp with time zone,
  add column "reason" text not null default '',
  -- Removing a service must not change its clients behind their versions.
  drop constraint "grants_service_fkey",
  add constraint "grants_service_fkey" foreign key ("service") references "services" ("name");
--> statement-breakpoint
create index "grants_service" on "grants" ("service");
--> statement-breakpoint
create table "client_keys" (
  "client" text not null references "clients" ("id") on delete cascade,
  "position" integer not null,
  "jwk" jsonb not null,
  primary key ("client", "position")
);
--> statement-breakpoint
create table "issuers" (
  "name" text primary key,
  "kind" text not null check ("kind" in ('users', 'workloads')),
  "issuer" text not null,
  "jwks" jsonb,
  "jwks_uri" text,
  "discover" boolean not null default false,
  "algorithms" text[] not null,
  "max_lifetime" integer not null check ("max_lifetime" > 0),
  "subjects" text[] not null,
  "scopes" text[] not null,
  "networks" text[] not null,
  "ca" text,
  "created_at" timestamp with time zone not null default now(),
  "version" bigint not null,
  constraint "issuers_issuer_unique" unique ("issuer") deferrable initially deferred,
  check (("jwks" is not null)::int + ("jwks_uri" is not null)::int + "discover"::int = 1)
);
--> statement-breakpoint
create index "issuers_version" on "issuers" ("version");
--> statement-breakpoint
create table "client_identities" (
  "client" text not null references "clients" ("id") on delete cascade,
  "issuer" text not null references "issuers" ("name"),
  "subject" text not null,
  primary key ("client", "issuer", "subject")
);
--> statement-breakpoint
create index "client_identities_issuer" on "client_identities" ("issuer");
--> statement-breakpoint
create table "on_behalf_of" (
  "client" text not null references "clients" ("id") on delete cascade,
  "source" text not null references "services" ("name"),
  "target" text not null references "services" ("name"),
  "scopes" text[] not null,
  "impersonation" boolean not null,
  "expires_at" timestamp with time zone,
  "reason" text not null,
  primary key ("client", "source", "target")
);
--> statement-breakpoint
create index "on_behalf_of_source" on "on_behalf_of" ("source");
--> statement-breakpoint
create index "on_behalf_of_target" on "on_behalf_of" ("target");
--> statement-breakpoint
-- What was removed, and when: a replica that reads only what changed has to learn of it. The row of
-- kind "floor" holds the newest version whose tombstones are gone.
create table "registry_tombstones" (
  "kind" text not null check ("kind" in ('service', 'client', 'issuer', 'floor')),
  "name" text not null,
  "version" bigint not null,
  "removed_at" timestamp with time zone not null default now(),
  primary key ("kind", "name")
);
--> statement-breakpoint
create index "registry_tombstones_version" on "registry_tombstones" ("version");
