#!/bin/sh
# At the first start of an empty server: for each service a database, owned by a role that can reach no other; and the
# role of operators' commands and migrations, which acts as the owner in each of the three.
set -eu

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres -v password="$PUENTE_DB_PASSWORD_OPERATOR" <<'SQL'
create role puente_operator login password :'password';
SQL

make() {
	psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres -v role="puente_$1" -v password="$2" <<'SQL'
create role :"role" login password :'password';
create database :"role" owner :"role";
revoke connect, temporary on database :"role" from public;
grant :"role" to puente_operator;
alter role puente_operator in database :"role" set role to :'role';
SQL
}

make applications "$PUENTE_DB_PASSWORD_APPLICATIONS"
make quotas "$PUENTE_DB_PASSWORD_QUOTAS"
make notifications "$PUENTE_DB_PASSWORD_NOTIFICATIONS"
