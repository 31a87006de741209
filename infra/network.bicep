// The private network: one subnet that the app reaches out from, one that the database server lives in.

@description('Azure region.')
param location string

@description('Name of the virtual network.')
param name string

@description('Start of the names of the network security groups.')
param securityGroupPrefix string

@description('Addresses of the whole network.')
var networkAddresses = '10.0.0.0/16'

@description('Addresses for the instances of the app: each takes one, and for a while a second one when it is replaced.')
var appAddresses = '10.0.0.0/26'

@description('Addresses for the database server and its standby.')
var databaseAddresses = '10.0.1.0/28'

// Nothing calls into this subnet: requests reach the app through the front end of App Service.
resource appSecurityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${securityGroupPrefix}app'
  location: location
  tags: resourceGroup().tags
  properties: {
    securityRules: [
      {
        name: 'DenyInbound'
        properties: {
          description: 'Nothing calls into this subnet.'
          access: 'Deny'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// Outbound stays open: the service itself needs Storage and Entra ID.
resource databaseSecurityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${securityGroupPrefix}database'
  location: location
  tags: resourceGroup().tags
  properties: {
    securityRules: [
      {
        name: 'AllowPostgresFromApp'
        properties: {
          description: 'The app, directly or through the built-in PgBouncer.'
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: appAddresses
          sourcePortRange: '*'
          destinationAddressPrefix: databaseAddresses
          destinationPortRanges: ['5432', '6432']
        }
      }
      {
        name: 'AllowReplication'
        properties: {
          description: 'Between the server and its standby.'
          access: 'Allow'
          direction: 'Inbound'
          priority: 110
          protocol: '*'
          sourceAddressPrefix: databaseAddresses
          sourcePortRange: '*'
          destinationAddressPrefix: databaseAddresses
          destinationPortRange: '*'
        }
      }
      {
        name: 'DenyOtherInbound'
        properties: {
          description: 'Nobody else of the same network; the default rules keep out the rest of the world.'
          access: 'Deny'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// The subnets stand inside the network: as resources of their own they would race, and an update without them deletes them.
resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: resourceGroup().tags
  properties: {
    addressSpace: {
      addressPrefixes: [networkAddresses]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: appAddresses
          networkSecurityGroup: {
            id: appSecurityGroup.id
          }
          delegations: [
            {
              name: 'app-service'
              properties: {
                serviceName: 'Microsoft.Web/serverFarms'
              }
            }
          ]
        }
      }
      {
        name: 'database'
        properties: {
          addressPrefix: databaseAddresses
          networkSecurityGroup: {
            id: databaseSecurityGroup.id
          }
          serviceEndpoints: [
            {
              service: 'Microsoft.Storage'
            }
          ]
          delegations: [
            {
              name: 'postgres'
              properties: {
                serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers'
              }
            }
          ]
        }
      }
    ]
  }
}

@description('Resource id of the network.')
output id string = network.id

@description('Resource id of the subnet that the app reaches out from.')
output appSubnetId string = '${network.id}/subnets/app'

@description('Resource id of the subnet of the database server.')
output databaseSubnetId string = '${network.id}/subnets/database'
