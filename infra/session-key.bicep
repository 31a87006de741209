// The key that signs session cookies: random, written once.

@description('Name of the key vault.')
param keyVaultName string

@description('Name of the secret.')
param secretName string

// Two GUIDs hold 244 random bits. The defaults are evaluated here, not in main.bicep: azd compares the parameters of
// main.bicep with those of the last deployment, and skips provisioning if nothing has changed.
@description('First half of a new key. Leave it out to get a random one.')
@secure()
@minLength(32)
param firstHalf string = newGuid()

@description('Second half of a new key. Leave it out to get a random one.')
@secure()
@minLength(32)
param secondHalf string = newGuid()

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: keyVaultName
}

// An existing key stays: a new one at every deployment would sign out all users.
@onlyIfNotExists()
resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: secretName
  tags: resourceGroup().tags
  properties: {
    contentType: 'SESSION_SECRET_KEY of the app'
    value: '${firstHalf}${secondHalf}'
  }
}

@description('Name of the secret, once it exists.')
output secretName string = secret.name
