// Read replica of the PostgreSQL flexible server, in the same network.

@description('Azure region.')
param location string

@description('Name of the replica.')
param name string

@description('Resource id of the server that is replicated.')
param sourceServerId string

@description('Compute size, at least that of the source server.')
param sku string

@description('Pricing tier of the compute size.')
@allowed(['GeneralPurpose', 'MemoryOptimized'])
param tier string

@description('Storage in GiB, at least that of the source server.')
param storageGB int

@description('Resource id of the delegated subnet.')
param subnetId string

@description('Resource id of the private DNS zone, linked to the virtual network.')
param privateDnsZoneId string

resource replica 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: resourceGroup().tags
  sku: {
    name: sku
    tier: tier
  }
  properties: {
    createMode: 'Replica'
    sourceServerResourceId: sourceServerId
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: {
      storageSizeGB: storageGB
      autoGrow: 'Enabled'
    }
    network: {
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: privateDnsZoneId
    }
  }
}

@description('Host name of the replica.')
output host string = replica.properties.fullyQualifiedDomainName
