-- Makes the two roles and the empty database, as an administrator (docs/operations.md, "Roles in the database"):
--   OWNER_PASSWORD=… APP_PASSWORD=… psql -X -v ON_ERROR_STOP=1 -d postgres -f deploy/roles.sql
-- In letters, digits, - and _ the passwords fit into DATABASE_URL as they are.
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
SET password_encryption = 'scram-sha-256';
SET log_statement = 'none';
CREATE ROLE owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'owner_password';
CREATE ROLE app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION PASSWORD :'app_password';
SELECT current_setting('server_version_num')::int >= 170000 AS has_builtin \gset
\if :has_builtin
CREATE DATABASE duban OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8';
\else
CREATE DATABASE duban OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
\endif
ALTER DATABASE duban SET timezone TO 'UTC';
REVOKE ALL ON DATABASE duban FROM public;
GRANT CONNECT ON DATABASE duban TO app;
\connect duban
REVOKE ALL ON SCHEMA public FROM public;
GRANT USAGE ON SCHEMA public TO app;
