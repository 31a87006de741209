// Everything the site needs in Azure, in one resource group. `azd up` deploys it.
// Read from top to bottom: what can be chosen, what follows from it, the parts, and what azd is told.

targetScope = 'subscription'

// ---- What can be chosen. `azd env set NAME VALUE` sets a value; main.parameters.json says under which NAME. ----

@description('Name of the azd environment. It becomes part of the name of the resource group.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region of all resources.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of whoever deploys: may read and write the secrets. Empty: nobody may.')
param principalId string = ''

@description('Whether a person or a pipeline deploys.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

@description('How the program gets to App Service: zip (the binary) or container (an image built by a registry).')
@allowed(['zip', 'container'])
param deployMode string = 'zip'

@description('The image that azd deployed last; azd knows it. Only used in container mode.')
param webImageName string = ''

@description('Built-in image of App Service that runs the binary. Any will do, as the binary brings all it needs.')
param stack string = 'DOTNETCORE|10.0'

@description('Size of the machines. Basic (B) is the cheapest; automatic scaling needs Standard (S) or Premium (P).')
@allowed(['B1', 'B2', 'B3', 'S1', 'S2', 'S3', 'P0v3', 'P1v3', 'P2v3', 'P3v3'])
param appServicePlanSku string = 'B1'

@description('Number of machines. With automatic scaling the least, and at least 2.')
@minValue(1)
@maxValue(10)
param instances int = 1

@description('Most machines with automatic scaling; 0 keeps the number fixed.')
@minValue(0)
@maxValue(10)
param autoscaleMaxInstances int = 0

@description('Size of the database server.')
@allowed([
  'Standard_B1ms'
  'Standard_B2s'
  'Standard_B2ms'
  'Standard_D2ds_v5'
  'Standard_D4ds_v5'
  'Standard_D8ds_v5'
  'Standard_E2ds_v5'
  'Standard_E4ds_v5'
])
param databaseSku string = 'Standard_B1ms'

@description('Major version of PostgreSQL.')
@allowed(['16', '17', '18'])
param databaseVersion string = '17'

@description('Size of the database disk in GiB. It can grow, never shrink.')
@allowed([32, 64, 128, 256, 512, 1024, 2048, 4096])
param databaseStorageGB int = 32

@description('Days that database backups are kept.')
@minValue(7)
@maxValue(35)
param databaseBackupRetentionDays int = 7

@description('Keep a copy of the backups in the paired region. Only a new server can be given this.')
param databaseGeoRedundantBackup bool = false

@description('Standby database server: none, in the same zone, or in another zone. Not for Burstable (B) sizes.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string = 'Disabled'

@description('How the app signs in to PostgreSQL: entra (no password anywhere) or password.')
@allowed(['entra', 'password'])
param databaseAuthentication string = 'entra'

@description('Password of the database administrator. Only used, and then required, with databaseAuthentication password.')
@secure()
param databasePassword string = ''

@description('Key that signs session cookies: the one in the vault or, where there is none yet, what azd makes up.')
@secure()
@minLength(15)
param sessionSecretKey string

@description('Makes a key that azd makes up long enough for the app; not used with the one in the vault.')
@secure()
@minLength(30)
param sessionSecretKeyEnd string

@description('Let users sign in with Entra ID.')
param enableEntraAuth bool = false

@description('Client id of the app registration. `cargo xtask entra` makes the registration and sets this.')
param authClientId string = ''

@description('Tenant whose users sign in; empty for the tenant of the subscription.')
param authTenantId string = ''

@description('With a tenant of organizations, common or consumers: the tenants that are let in, by commas, or *.')
param authAllowedTenants string = ''

@description('Name of a secret in the vault with a client secret; empty: the identity of the app stands in for one.')
param authClientSecretName string = ''

@description('What needs an account once sign-in is configured; empty for the default of the app, writes.')
@allowed(['', 'writes', 'all', 'none'])
param signInRequired string = ''

@description('Public address, such as https://www.example.com, if the site has a domain of its own.')
param baseUrl string = ''

@description('Further settings of the app by name, for all that has no parameter here.')
#disable-next-line use-user-defined-types // any name may be set
param appSettings object = {}

@description('Who is told when the site fails; empty: alerts show in the portal only.')
param alertEmail string = ''

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Gigabytes of logs a day after which no more are taken until the next day; -1 for no limit.')
param logDailyQuotaGB int = 1

@description('Forbid deleting the key vault for good before its time. It cannot be switched off again.')
param keyVaultPurgeProtection bool = false

@description('Bring back the key vault that an earlier `azd down` deleted, instead of making a new one.')
param keyVaultRecover bool = false

// ---- What follows from it. ----

@description('Starts of the names of resources, by kind.')
var abbreviations = loadJsonContent('abbreviations.json')

@description('Makes names unique in the world, and the same at every deployment.')
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))

@description('What differs between the clouds and environment() does not tell.')
var clouds = loadJsonContent('clouds.json')

@description('What is particular to this cloud.')
var cloud = clouds[environment().name]

// Connections are those left for programs: the default of the size less the 15 that Azure keeps for itself,
// https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits
@description('The sizes of database servers to choose from.')
var databaseSizes = loadJsonContent('database-sizes.json')

@description('Facts of the chosen size of database server.')
var databaseSize = databaseSizes[databaseSku]

@description('Name of the identity of the app.')
var identityName = '${abbreviations.managedIdentity}${resourceToken}'

@description('Name of the key vault.')
var keyVaultName = '${abbreviations.keyVault}${resourceToken}'

@description('Name of the site.')
var siteName = '${abbreviations.site}${resourceToken}'

@description('Name of the database on the server.')
var databaseName = 'app'

@description('Name of the secret with the key that signs session cookies.')
var sessionSecretName = 'session-secret-key'

@description('Name of the secret with the connection string; it exists only when the app signs in with a password.')
var connectionStringSecretName = 'postgresql-connection-string'

@description('Host name of the place where users sign in.')
var loginHost = replace(replace(environment().authentication.loginEndpoint, 'https://', ''), '/', '')

@description('Origin where users sign in.')
var authorityOrigin = cloud.?authority ?? 'https://${loginHost}'

@description('Whether the machines are scaled automatically.')
var autoscales = autoscaleMaxInstances > 0

@description('Machines to begin with. Automatic scaling keeps two at least, so that one may fail.')
var leastInstances = autoscales ? max(instances, 2) : instances

@description('Most machines there can be.')
var mostInstances = autoscales ? max(autoscaleMaxInstances, leastInstances) : instances

// While a new version starts, the old one still holds its connections: each machine counts twice.
// Five connections are left for a person with psql, `./app migrate` and the like.
@description('Connections that one instance may hold, so that all of them together never exhaust the database.')
var databasePoolSize = max(1, min(20, (databaseSize.connections - 5) / (mostInstances * 2)))

// ---- The parts. ----

module checks 'checks.bicep' = {
  params: {
    appServicePlanSku: appServicePlanSku
    autoscaleMaxInstances: autoscaleMaxInstances
    databaseTier: databaseSize.tier
    databaseHighAvailability: databaseHighAvailability
    databaseAuthentication: databaseAuthentication
    databasePassword: databasePassword
  }
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  // azd finds the group by this tag. What is in the group takes over its tags.
  tags: {
    'azd-env-name': environmentName
  }
  dependsOn: [checks]
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    location: location
    workspaceName: '${abbreviations.logAnalyticsWorkspace}${resourceToken}'
    applicationInsightsName: '${abbreviations.applicationInsights}${resourceToken}'
    retentionDays: logRetentionDays
    dailyQuotaGB: logDailyQuotaGB
  }
}

module identity 'identity.bicep' = {
  scope: group
  params: {
    location: location
    name: identityName
  }
}

module network 'network.bicep' = {
  scope: group
  params: {
    location: location
    name: '${abbreviations.virtualNetwork}${resourceToken}'
    securityGroupPrefix: '${abbreviations.networkSecurityGroup}${resourceToken}-'
  }
}

module privateDns 'private-dns.bicep' = {
  scope: group
  params: {
    name: '${resourceToken}.private.${cloud.postgresSuffix}'
    networkId: network.outputs.id
  }
}

module keyVault 'key-vault.bicep' = {
  scope: group
  params: {
    location: location
    name: keyVaultName
    appIdentityName: identityName
    appPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
    purgeProtection: keyVaultPurgeProtection
    recover: keyVaultRecover
    workspaceId: monitoring.outputs.workspaceId
  }
}

module sessionKey 'session-key.bicep' = {
  scope: group
  params: {
    keyVaultName: keyVaultName
    secretName: sessionSecretName
    key: sessionSecretKey
    end: sessionSecretKeyEnd
  }
  dependsOn: [keyVault]
}

module database 'database.bicep' = {
  scope: group
  params: {
    location: location
    name: '${abbreviations.postgresServer}${resourceToken}'
    version: databaseVersion
    sku: databaseSku
    tier: databaseSize.tier
    storageGB: databaseStorageGB
    backupRetentionDays: databaseBackupRetentionDays
    geoRedundantBackup: databaseGeoRedundantBackup
    highAvailability: databaseHighAvailability
    subnetId: network.outputs.databaseSubnetId
    privateDnsZoneId: privateDns.outputs.id
    authentication: databaseAuthentication
    appIdentityName: identityName
    #disable-next-line what-if-short-circuiting // an administrator is named by its object id, which only Azure knows
    appPrincipalId: identity.outputs.principalId
    password: databasePassword
    databaseName: databaseName
    keyVaultName: keyVaultName
    connectionStringSecretName: connectionStringSecretName
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [keyVault]
}

module registry 'registry.bicep' = if (deployMode == 'container') {
  scope: group
  params: {
    location: location
    name: '${abbreviations.containerRegistry}${resourceToken}'
    appIdentityName: identityName
    appPrincipalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module plan 'plan.bicep' = {
  scope: group
  params: {
    location: location
    name: '${abbreviations.plan}${resourceToken}'
    autoscaleName: '${abbreviations.autoscale}${resourceToken}'
    sku: appServicePlanSku
    instances: leastInstances
    autoscaleMaxInstances: autoscales ? mostInstances : 0
    workspaceId: monitoring.outputs.workspaceId
  }
}

// The roles of the identity come first, so that secrets and image can be read at the first start.
module web 'web.bicep' = {
  scope: group
  params: {
    location: location
    name: siteName
    planId: plan.outputs.id
    subnetId: network.outputs.appSubnetId
    deployMode: deployMode
    stack: stack
    imageName: webImageName
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    identityName: identityName
    keyVaultName: keyVault.outputs.name
    databaseAuthentication: databaseAuthentication
    databaseHost: database.outputs.host
    databaseName: databaseName
    connectionStringSecretName: connectionStringSecretName
    databasePoolSize: databasePoolSize
    applicationInsightsConnectionString: monitoring.outputs.applicationInsightsConnectionString
    baseUrl: baseUrl
    sessionSecretName: sessionKey.outputs.secretName
    authClientId: enableEntraAuth ? authClientId : ''
    authTenantId: empty(authTenantId) ? tenant().tenantId : authTenantId
    authAllowedTenants: authAllowedTenants
    authClientSecretName: authClientSecretName
    signInRequired: signInRequired
    authorityOrigin: authorityOrigin
    graphOrigin: cloud.graph
    tokenExchangeAudience: cloud.tokenExchangeAudience
    furtherSettings: appSettings
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [registry]
}

module alerts 'alerts.bicep' = {
  scope: group
  params: {
    siteName: siteName
    siteId: web.outputs.id
    actionGroupName: '${abbreviations.actionGroup}${resourceToken}'
    email: alertEmail
  }
}

// ---- What azd is told. It keeps these in the environment, where hooks and `cargo xtask` find them. ----

@description('Region of the resources.')
output AZURE_LOCATION string = location

@description('Tenant of the subscription.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Resource group of the site.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Registry for the image of the app; empty in zip mode.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.?outputs.loginServer ?? ''

@description('Vault with the secrets.')
output AZURE_KEY_VAULT_NAME string = keyVault.outputs.name

@description('Client id of the identity of the app.')
output AZURE_MANAGED_IDENTITY_CLIENT_ID string = identity.outputs.clientId

@description('Object id of the identity of the app: the subject of the federated credential of the app registration.')
output AZURE_MANAGED_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Origin where users sign in.')
output AZURE_AUTHORITY_HOST string = authorityOrigin

@description('Audience of the federated credential of the app registration.')
output AZURE_TOKEN_EXCHANGE_AUDIENCE string = cloud.tokenExchangeAudience

@description('Name of the site.')
output SERVICE_WEB_NAME string = web.outputs.name

@description('Address of the site.')
output WEB_URI string = empty(baseUrl) ? 'https://${web.outputs.host}' : baseUrl

@description('Log stream of the site.')
output WEB_APP_LOG_STREAM string = 'https://${web.outputs.toolsHost}/api/logstream'

@description('SSH session in the browser; a container has none.')
output WEB_APP_SSH string = deployMode == 'container' ? '' : 'https://${web.outputs.toolsHost}/webssh/host'

@description('Settings of the site in the portal.')
output WEB_APP_CONFIG string = uri(environment().portal, '#resource${web.outputs.id}/environmentVariables')
