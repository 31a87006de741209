// Private DNS zone with the host name of the database server.

@description('Name of the zone. It must end with the PostgreSQL suffix of the cloud and differ from the host name of a server.')
param name string

@description('Resource id of the virtual network that the zone is linked to.')
param networkId string

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = {
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
