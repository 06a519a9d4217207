-- What the login engine keeps. Ids are bearer secrets (codes, refresh tokens, cookies): only digests are here.
create table "people_records" (
  "model" text not null,
  -- SHA-256 of the id, base64url.
  "id" text not null,
  -- JSON, as text: what a browser sent may hold characters that jsonb does not keep.
  "payload" text not null,
  -- SHA-256 of the grant that a code or token comes from, or of the uid of a session.
  "grant" text,
  "uid" text,
  -- The person it is about.
  "subject" text,
  "consumed_at" timestamp with time zone,
  "expires_at" timestamp with time zone not null,
  primary key ("model", "id")
);
--> statement-breakpoint
create index "people_records_grant" on "people_records" ("grant") where "grant" is not null;
--> statement-breakpoint
create index "people_records_uid" on "people_records" ("uid") where "uid" is not null;
--> statement-breakpoint
create index "people_records_subject" on "people_records" ("subject") where "subject" is not null;
--> statement-breakpoint
create index "people_records_expiry" on "people_records" ("expires_at");
