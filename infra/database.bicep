// PostgreSQL flexible server, reachable only from the private network.

@description('Azure region.')
param location string

@description('Name of the server.')
param name string

@description('Major version of PostgreSQL.')
@allowed(['16', '17', '18'])
param version string

@description('Size of the server.')
param sku string

@description('Pricing tier of the size.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param tier string

@description('Size of the disk in GiB. It can grow, never shrink.')
param storageGB int

@description('Days that backups are kept.')
@minValue(7)
@maxValue(35)
param backupRetentionDays int

@description('Keep a copy of the backups in the paired region. Only a new server can be given this.')
param geoRedundantBackup bool

@description('A standby server that takes over: none, in the same zone, or in another zone.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string

@description('Resource id of the delegated subnet.')
param subnetId string

@description('Resource id of the private DNS zone, linked to the network.')
param privateDnsZoneId string

@description('How the app signs in.')
@allowed(['entra', 'password'])
param authentication string

@description('Name of the identity of the app, which becomes administrator of the server.')
param appIdentityName string

@description('Object id of the identity of the app.')
param appPrincipalId string

@description('Password of the administrator; only used when the app signs in with a password.')
@secure()
param password string

@description('Name of the database on the server.')
param databaseName string

@description('Name of the vault that keeps the connection string with the password.')
param keyVaultName string

@description('Name of the secret with the connection string; it exists only when the app signs in with a password.')
param connectionStringSecretName string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('The administrator when the app signs in with a password.')
var passwordUser = 'appadmin'

@description('Whether the app signs in with a password.')
var usesPassword = authentication == 'password'

@description('The character \\.')
var backslash = '\u{5c}'

@description('The single quote.')
var quote = '\u{27}'

@description('The password with a backslash before each backslash.')
var partlyEscapedPassword = replace(password, backslash, '${backslash}${backslash}')

@description('The password as it stands between the quotes of a libpq value.')
var escapedPassword = replace(partlyEscapedPassword, quote, '${backslash}${quote}')

@description('Keyword and value of libpq for user and password.')
var credentials = 'user=${passwordUser} password=${quote}${escapedPassword}${quote}'

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: resourceGroup().tags
  sku: {
    name: sku
    tier: tier
  }
  properties: {
    version: version
    administratorLogin: usesPassword ? passwordUser : null
    administratorLoginPassword: usesPassword ? password : null
    authConfig: {
      activeDirectoryAuth: usesPassword ? 'Disabled' : 'Enabled'
      passwordAuth: usesPassword ? 'Enabled' : 'Disabled'
      tenantId: usesPassword ? null : tenant().tenantId
    }
    storage: {
      storageSizeGB: storageGB
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: backupRetentionDays
      geoRedundantBackup: geoRedundantBackup ? 'Enabled' : 'Disabled'
    }
    highAvailability: {
      mode: highAvailability
    }
    network: {
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: privateDnsZoneId
    }
  }
}

resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = if (!usesPassword) {
  parent: server
  name: appPrincipalId
  properties: {
    principalName: appIdentityName
    principalType: 'ServicePrincipal'
    tenantId: tenant().tenantId
  }
}

// The server takes one change at a time, so its children wait for each other.
resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: databaseName
  properties: {
    charset: 'UTF8'
    collation: 'en_US.utf8'
  }
  dependsOn: [administrator]
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

resource connectionString 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (usesPassword) {
  parent: vault
  name: connectionStringSecretName
  tags: resourceGroup().tags
  properties: {
    contentType: 'AZURE_POSTGRESQL_CONNECTIONSTRING of the app'
    value: 'dbname=${databaseName} host=${server.properties.fullyQualifiedDomainName} port=5432 sslmode=verify-full ${credentials}'
  }
}

#disable-next-line use-recent-api-versions // the newest version of this type is a preview
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: server
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'PostgreSQLLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
  dependsOn: [database]
}

@description('Host name of the server.')
output host string = server.properties.fullyQualifiedDomainName
