// The server's built-in connection pooler (PgBouncer on port 6432), which Burstable servers do not have. Deployed for
// every other server, so that the pooler can be switched off again.

@description('Name of the database server.')
param serverName string

@description('Whether the pooler runs.')
param enabled bool

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' existing = {
  name: serverName
}

// The server accepts one change at a time.
@retryOn(['ServerIsBusy', 'ServerBusy', 'ResourceDeploymentFailure'], 20)
resource poolerEnabled 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'pgbouncer.enabled'
  properties: {
    value: enabled ? 'true' : 'false'
    source: 'user-override'
  }
}

// The default, 0, would mix up the prepared statements of different requests: the app refuses to use such a pooler.
@retryOn(['ServerIsBusy', 'ServerBusy', 'ResourceDeploymentFailure'], 20)
resource poolerStatements 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = if (enabled) {
  parent: server
  name: 'pgbouncer.max_prepared_statements'
  properties: {
    value: '200'
    source: 'user-override'
  }
  dependsOn: [poolerEnabled]
}
