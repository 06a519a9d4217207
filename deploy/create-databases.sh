#!/bin/sh
# Run once by the image of PostgreSQL, on an empty volume: a role and a database for each service, which
# no other service may open.
set -eu

for SERVICE in auth-server census herald; do
  export SERVICE
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" \
    --dbname postgres <<'SQL'
\set name `echo "$SERVICE"`
\set password `cat "/run/secrets/$SERVICE-database-password"`
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
