// Everything the site needs in Azure, in one resource group. `azd up` deploys it.
// Read from top to bottom: what can be chosen, what follows from it, the parts, and what azd is told.

targetScope = 'subscription'

import { clouds } from 'clouds.bicep'
import { databaseSizes } from 'database-sizes.bicep'

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
param principalType 'User' | 'Group' | 'ServicePrincipal' = 'User'

@description('How the program gets to App Service: zip (the binary) or container (an image built by a registry).')
param deployMode 'zip' | 'container' = 'zip'

@description('The image that azd deployed last; azd knows it. Only used in container mode.')
param webImageName string = ''

@description('Built-in image of App Service that runs the binary. Any will do, as the binary brings all it needs.')
param stack string = 'DOTNETCORE|10.0'

@description('Size of the machines. Basic (B) is the cheapest; automatic scaling needs Standard (S) or Premium (P).')
param appServicePlanSku 'B1' | 'B2' | 'B3' | 'S1' | 'S2' | 'S3' | 'P0v3' | 'P1v3' | 'P2v3' | 'P3v3' = 'B1'

@description('Number of machines. With automatic scaling the least, and at least 2.')
@minValue(1)
@maxValue(10)
param instances int = 1

@description('Most machines with automatic scaling; 0 keeps the number fixed.')
@minValue(0)
@maxValue(10)
param autoscaleMaxInstances int = 0

@description('Size of the database server.')
param databaseSku (
  | 'Standard_B1ms'
  | 'Standard_B2s'
  | 'Standard_B2ms'
  | 'Standard_D2ds_v5'
  | 'Standard_D4ds_v5'
  | 'Standard_D8ds_v5'
  | 'Standard_E2ds_v5'
  | 'Standard_E4ds_v5') = 'Standard_B1ms'

@description('Major version of PostgreSQL.')
param databaseVersion '16' | '17' | '18' = '17'

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
param databaseHighAvailability 'Disabled' | 'SameZone' | 'ZoneRedundant' = 'Disabled'

@description('How the app signs in to PostgreSQL: entra (no password anywhere) or password.')
param databaseAuthentication 'entra' | 'password' = 'entra'

@description('Password of the database administrator. Only used, and then required, with databaseAuthentication password.')
@secure()
param databasePassword string = ''

@description('Key that signs session cookies. Azure keeps the first one; later values change nothing.')
@secure()
@minLength(16)
param sessionSecretKey string

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
param signInRequired '' | 'writes' | 'all' | 'none' = ''

@description('Public address, such as https://www.example.com, if the site has a domain of its own.')
param baseUrl string = ''

@description('Further settings of the app by name, for all that has no parameter here.')
param appSettings {
  @description('A setting.')
  *: string
} = {}

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

@description('Tags of every resource. azd finds the resource group by this one.')
var tags = { 'azd-env-name': environmentName }

@description('What is particular to this cloud.')
var cloud = clouds[environment().name]

@description('Facts of the chosen size of database server.')
var databaseSize = databaseSizes[databaseSku]

@description('Name of the identity of the app.')
var identityName = '${abbreviations.managedIdentity}${resourceToken}'

@description('Name of the key vault.')
var keyVaultName = '${abbreviations.keyVault}${resourceToken}'

@description('Name of the site.')
var siteName = '${abbreviations.site}${resourceToken}'

@description('Origin where users sign in, without the slash at its end.')
var authority = cloud.?authority ?? 'https://${replace(replace(environment().authentication.loginEndpoint, 'https://', ''), '/', '')}'

@description('Whether the machines are scaled automatically; where they cannot be, the deployment says so.')
var autoscales = autoscaleMaxInstances > 0 && startsWith(appServicePlanSku, 'B')
  ? fail('Automatic scaling needs a Standard or Premium plan: azd env set APP_SERVICE_PLAN_SKU P0v3')
  : autoscaleMaxInstances > 0

@description('Machines to begin with. Automatic scaling keeps two at least, so that one may fail.')
var leastInstances = autoscales ? max(instances, 2) : instances

@description('Most machines there can be.')
var mostInstances = autoscales ? max(autoscaleMaxInstances, leastInstances) : instances

// While a new version starts, the old one still holds its connections: each machine counts twice.
// Five connections are left for a person with psql, `./app migrate` and the like.
@description('Connections that one instance may hold, so that all of them together never exhaust the database.')
var databasePoolSize = max(1, min(20, (databaseSize.connections - 5) / (mostInstances * 2)))

@description('Standby server; where the size cannot have one, the deployment says so.')
var highAvailability = databaseHighAvailability != 'Disabled' && databaseSize.tier == 'Burstable'
  ? fail('A standby server needs a larger database: azd env set DATABASE_SKU Standard_D2ds_v5')
  : databaseHighAvailability

@description('How the app signs in to PostgreSQL; where the password is missing, the deployment says so.')
var checkedAuthentication = databaseAuthentication == 'password' && empty(databasePassword)
  ? fail('DATABASE_AUTHENTICATION is password: azd env set-secret DATABASE_PASSWORD')
  : databaseAuthentication

// ---- The parts. ----

resource resourceGroup 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${abbreviations.resourceGroup}${environmentName}'
  location: location
  tags: tags
}

module monitoring 'monitoring.bicep' = {
  scope: resourceGroup
  params: {
    location: location
    tags: tags
    workspaceName: '${abbreviations.logAnalyticsWorkspace}${resourceToken}'
    applicationInsightsName: '${abbreviations.applicationInsights}${resourceToken}'
    retentionDays: logRetentionDays
    dailyQuotaGB: logDailyQuotaGB
  }
}

module identity 'identity.bicep' = {
  scope: resourceGroup
  params: {
    location: location
    tags: tags
    name: identityName
  }
}

module network 'network.bicep' = {
  scope: resourceGroup
  params: {
    location: location
    tags: tags
    name: '${abbreviations.virtualNetwork}${resourceToken}'
    securityGroupPrefix: '${abbreviations.networkSecurityGroup}${resourceToken}-'
  }
}

module privateDns 'private-dns.bicep' = {
  scope: resourceGroup
  params: {
    tags: tags
    name: '${resourceToken}.private.${cloud.postgresSuffix}'
    networkId: network.outputs.id
  }
}

module keyVault 'key-vault.bicep' = {
  scope: resourceGroup
  params: {
    location: location
    tags: tags
    name: keyVaultName
    appIdentityName: identityName
    appPrincipalId: identity.outputs.principalId
    deployerPrincipalId: principalId
    deployerPrincipalType: principalType
    sessionSecretKey: sessionSecretKey
    purgeProtection: keyVaultPurgeProtection
    recover: keyVaultRecover
    workspaceId: monitoring.outputs.workspaceId
  }
}

module database 'database.bicep' = {
  scope: resourceGroup
  params: {
    location: location
    tags: tags
    name: '${abbreviations.postgresServer}${resourceToken}'
    version: databaseVersion
    sku: databaseSku
    tier: databaseSize.tier
    storageGB: databaseStorageGB
    backupRetentionDays: databaseBackupRetentionDays
    geoRedundantBackup: databaseGeoRedundantBackup
    highAvailability: highAvailability
    subnetId: network.outputs.databaseSubnetId
    privateDnsZoneId: privateDns.outputs.id
    authentication: checkedAuthentication
    appIdentityName: identityName
    #disable-next-line what-if-short-circuiting // an administrator is named by its object id, which only Azure knows
    appPrincipalId: identity.outputs.principalId
    password: databasePassword
    keyVaultName: keyVaultName
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [keyVault]
}

module registry 'registry.bicep' = if (deployMode == 'container') {
  scope: resourceGroup
  params: {
    location: location
    tags: tags
    name: '${abbreviations.containerRegistry}${resourceToken}'
    appIdentityName: identityName
    appPrincipalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module plan 'plan.bicep' = {
  scope: resourceGroup
  params: {
    location: location
    tags: tags
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
  scope: resourceGroup
  params: {
    location: location
    tags: tags
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
    databaseAuthentication: checkedAuthentication
    databaseHost: database.outputs.host
    databasePoolSize: databasePoolSize
    applicationInsightsConnectionString: monitoring.outputs.applicationInsightsConnectionString
    baseUrl: baseUrl
    signIn: {
      clientId: enableEntraAuth ? authClientId : ''
      tenantId: empty(authTenantId) ? tenant().tenantId : authTenantId
      allowedTenants: authAllowedTenants
      secretName: authClientSecretName
      requiredFor: signInRequired
      authority: authority
      graph: cloud.graph
      tokenExchangeAudience: cloud.tokenExchangeAudience
    }
    furtherSettings: appSettings
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [registry]
}

module alerts 'alerts.bicep' = {
  scope: resourceGroup
  params: {
    tags: tags
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
output AZURE_RESOURCE_GROUP string = resourceGroup.name

@description('Registry for the image of the app; empty in zip mode.')
output AZURE_CONTAINER_REGISTRY_ENDPOINT string = registry.?outputs.loginServer ?? ''

@description('Vault with the secrets.')
output AZURE_KEY_VAULT_NAME string = keyVault.outputs.name

@description('Client id of the identity of the app.')
output AZURE_MANAGED_IDENTITY_CLIENT_ID string = identity.outputs.clientId

@description('Object id of the identity of the app: the subject of the federated credential of the app registration.')
output AZURE_MANAGED_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Origin where users sign in.')
output AZURE_AUTHORITY_HOST string = authority

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
