// PostgreSQL flexible server without a public address and without passwords.

@description('Azure region.')
param location string

@description('Name of the server.')
param name string

@description('Major version of PostgreSQL. A higher one upgrades the server in place, which cannot be undone.')
@allowed(['16', '17', '18'])
param version string

@description('Compute size of the server.')
param sku string

@description('Pricing tier of the compute size.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param tier string

@description('Storage in GiB. It can grow, never shrink.')
param storageGB int

@description('Retention of backups in days.')
@minValue(7)
@maxValue(35)
param backupRetentionDays int

@description('Copy the backups to the paired region. Can only be chosen when the server is created.')
param geoRedundantBackup bool

@description('High availability: no standby server, one in the same zone, or one in another zone.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string

@description('Resource id of the delegated subnet.')
param subnetId string

@description('Resource id of the private DNS zone, linked to the virtual network.')
param privateDnsZoneId string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: resourceGroup().tags
  sku: {
    name: sku
    tier: tier
  }
  properties: {
    version: version
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
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
}

@description('Name of the server.')
output name string = server.name

@description('Resource id of the server.')
output id string = server.id

@description('Host name of the server.')
output host string = server.properties.fullyQualifiedDomainName
