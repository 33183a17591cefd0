#!/bin/sh
# Creates and upgrades Temporal's two databases; safe to repeat. Runs in temporalio/admin-tools.
set -eu
schema=/etc/temporal/schema/postgresql/v12
for pair in temporal:temporal temporal_visibility:visibility; do
  tool="temporal-sql-tool --plugin postgres12 --endpoint $POSTGRES_SEEDS --port $DB_PORT --user $POSTGRES_USER --database ${pair%%:*}"
  # Both fail where the database or its first version is there already; the upgrade below tells.
  $tool create-database || true
  $tool setup-schema -v 0.0 || true
  $tool update-schema -d "$schema/${pair##*:}/versioned"
done
