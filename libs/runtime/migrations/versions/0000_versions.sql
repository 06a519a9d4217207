create table "versions" (
  "topic" text primary key,
  "version" bigint not null
);
