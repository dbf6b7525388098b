"""The cluster's database, version by version; forward only. Run by `streams.cluster.migrating`."""
