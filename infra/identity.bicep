// The identity of the app: it signs in to PostgreSQL, reads secrets, pulls the image and stands in for a client secret.

@description('Azure region.')
param location string

@description('Name of the identity, which is also its user name in PostgreSQL.')
param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: resourceGroup().tags
}

@description('Resource id: what a site is given.')
output id string = identity.id

@description('Client id: what a program asks a token for.')
output clientId string = identity.properties.clientId

@description('Object id in Entra ID: what a role is given to.')
output principalId string = identity.properties.principalId
