// Virtual network with a subnet for outbound traffic of the app and a subnet for the database server.

@description('Azure region.')
param location string

@description('Name of the virtual network.')
param name string

@description('Prefix of the names of the network security groups.')
param securityGroupPrefix string

@description('Address range of the virtual network.')
var networkAddresses = '10.0.0.0/16'

@description('Address range for the instances of the app. Each takes one address, and a second one while it is replaced.')
var appAddresses = '10.0.0.0/26'

@description('Address range for the database server and its standby server.')
var databaseAddresses = '10.0.1.0/28'

// Requests reach the app through the front end of App Service, not through this subnet.
resource appSecurityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${securityGroupPrefix}app'
  location: location
  tags: resourceGroup().tags
  properties: {
    securityRules: [
      {
        name: 'DenyInbound'
        properties: {
          description: 'This subnet is for outbound traffic only.'
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

// Outbound traffic stays allowed: the database service itself needs Storage and Entra ID.
resource databaseSecurityGroup 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${securityGroupPrefix}database'
  location: location
  tags: resourceGroup().tags
  properties: {
    securityRules: [
      {
        name: 'AllowPostgresFromApp'
        properties: {
          description: 'The app, to PostgreSQL and to the built-in PgBouncer.'
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
          description: 'Between the server and its standby server.'
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
          description: 'Other sources in the virtual network. The default rules deny the internet.'
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

// The subnets are part of this resource: a deployment of the network without them would delete them.
resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
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

@description('Resource id of the virtual network.')
output id string = network.id

@description('Resource id of the subnet for outbound traffic of the app.')
output appSubnetId string = '${network.id}/subnets/app'

@description('Resource id of the subnet of the database server.')
output databaseSubnetId string = '${network.id}/subnets/database'
