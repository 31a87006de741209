// The key that signs session cookies, written once.

@description('Name of the key vault.')
param keyVaultName string

@description('Name of the secret.')
param secretName string

@description('The key: the one in the vault or, where there is none yet, what azd makes up.')
@secure()
@minLength(15)
param key string

@description('What a key that is too short ends in.')
@secure()
@minLength(30)
param end string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

// What azd makes up has 15 characters; the app wants 32 bytes.
@description('The key, long enough.')
var longKey = length(key) < 32 ? '${key}-${end}' : key

// A key that exists stays: a new one at every deployment would sign everybody out.
@onlyIfNotExists()
resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = {
  parent: vault
  name: secretName
  tags: resourceGroup().tags
  properties: {
    contentType: 'SESSION_SECRET_KEY of the app'
    value: longKey
  }
}

@description('Name of the secret, known once it is there.')
output secretName string = secret.name
