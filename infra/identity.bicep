// Managed identity of the app: signs in to PostgreSQL, reads secrets, pulls the image, replaces a client secret.

@description('Azure region.')
param location string

@description('Name of the identity, which is also its user name in PostgreSQL.')
param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: resourceGroup().tags
}

@description('Resource id, which a site refers to.')
output id string = identity.id

@description('Client id, which a program requests tokens with.')
output clientId string = identity.properties.clientId

@description('Object id in Entra ID, which roles are assigned to.')
output principalId string = identity.properties.principalId
