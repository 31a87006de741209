// The key that signs session cookies, written once.

@description('Name of the key vault.')
param keyVaultName string

@description('Name of the secret.')
param secretName string

@description('The key.')
@secure()
@minLength(32)
param key string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

// A key that exists stays: a new one at every deployment would sign everybody out.
@onlyIfNotExists()
resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: secretName
  tags: resourceGroup().tags
  properties: {
    contentType: 'SESSION_SECRET_KEY of the app'
    value: key
  }
}

@description('Name of the secret, known once it is there.')
output secretName string = secret.name
