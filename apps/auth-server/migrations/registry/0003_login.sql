-- How people log in to a client; null where none can.
alter table "clients" add column "login" jsonb;
