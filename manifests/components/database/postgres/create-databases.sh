#!/bin/sh
# Runs once, on an empty volume: creates one database and one user for each purpose. A user can only access its own
# database.
set -eu

create() { # NAME PASSWORD: NAME is both the user and the database
  # psql reads the password from its environment, because others can see the command line.
  PASSWORD="$2" psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --set name="$1" \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv password PASSWORD
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT, TEMPORARY ON DATABASE :"name" FROM PUBLIC;
SQL
}

create sweeps "${SWEEPS_PASSWORD:?is empty: make the Secret postgres anew}"
create mlflow "${MLFLOW_PASSWORD:?is empty: make the Secret postgres anew}"
