#!/bin/sh
# Runs once, on an empty volume: a database and a user of its own for each purpose. A user sees its own only.
set -eu

create() { # NAME PASSWORD: both the user's and the database's name
  # psql reads the password from its environment: on the command line others could see it.
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
