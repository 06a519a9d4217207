-- How a client is recognised by its certificate, and to what its tokens are bound.
alter table "clients"
  add column "certificate" jsonb,
  add column "dpop_bound" boolean not null default false,
  add column "certificate_bound" boolean not null default false;
