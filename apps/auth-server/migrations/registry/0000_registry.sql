create table "services" (
  "name" text primary key,
  "audience" text not null,
  "scopes" text[] not null,
  -- Checked at the end of a transaction: two services may exchange their addresses in one.
  constraint "services_audience_unique" unique ("audience") deferrable initially deferred
);
--> statement-breakpoint
create table "clients" (
  "id" text primary key,
  "created_at" timestamp with time zone not null default now()
);
--> statement-breakpoint
create table "client_secrets" (
  "client" text not null references "clients" ("id") on delete cascade,
  "label" text not null,
  "sha256" text not null,
  "created_at" timestamp with time zone not null default now(),
  "expires_at" timestamp with time zone,
  primary key ("client", "label")
);
--> statement-breakpoint
create table "grants" (
  "client" text not null references "clients" ("id") on delete cascade,
  "service" text not null references "services" ("name") on delete cascade,
  "scopes" text[] not null,
  "subjects" text[] not null,
  primary key ("client", "service")
);
