// The private DNS zone in which the app finds the database server.

@description('Name of the zone. It ends with the suffix of the cloud and is not the name of a server.')
param name string

@description('Resource id of the network in which the names resolve.')
param networkId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: name
  location: 'global'
  tags: resourceGroup().tags

  resource link 'virtualNetworkLinks' = {
    name: 'network'
    location: 'global'
    tags: resourceGroup().tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
    }
  }
}

@description('Resource id of the zone.')
output id string = zone.id
