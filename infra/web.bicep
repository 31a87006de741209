// The site: the program, its identity and its settings.

import { connectionStringSecretName, databaseName } from 'database.bicep'
import { sessionSecretName } from 'key-vault.bicep'
import { DatabaseAuthentication, DeployMode, Tags } from 'types.bicep'

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Name of the site.')
param name string

@description('Resource id of the App Service plan.')
param planId string

@description('Resource id of the subnet that the app reaches out from.')
param subnetId string

@description('Zip or container.')
param deployMode DeployMode

@description('Built-in image that runs the binary in zip mode.')
param stack string

@description('The image in container mode; empty until the first deployment.')
param imageName string

@description('Resource id of the identity of the app.')
param identityId string

@description('Client id of the identity of the app.')
param identityClientId string

@description('Name of the identity of the app, which is its user name in PostgreSQL.')
param identityName string

@description('Name of the vault with the secrets.')
param keyVaultName string

@description('How the app signs in to PostgreSQL.')
param databaseAuthentication DatabaseAuthentication

@description('Host name of the database server.')
param databaseHost string

@description('Connections that one instance may hold.')
param databasePoolSize int

@description('Where telemetry goes.')
param applicationInsightsConnectionString string

@description('Public address if the site has a domain of its own; empty for the address that Azure gives.')
param baseUrl string

@description('What the app needs to let users sign in.')
param signIn SignIn

@description('Further settings of the app, by name. They win over those below.')
param furtherSettings Settings

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('App settings by name.')
type Settings = {
  @description('A setting.')
  *: string
}

@export()
@description('What the app needs to let users sign in.')
type SignIn = {
  @description('Client id of the app registration; empty for a site without sign-in.')
  clientId: string

  @description('Tenant whose users sign in, or organizations, common, consumers.')
  tenantId: string

  @description('Tenants that are let in when there is more than one, by commas; empty to leave it unset.')
  allowedTenants: string

  @description('Name of the secret with the client secret; empty when the identity of the app stands in for it.')
  secretName: string

  @description('What needs an account: writes, all or none; empty for the default of the app.')
  requiredFor: string

  @description('Origin where users sign in.')
  authority: string

  @description('Origin of Microsoft Graph.')
  graph: string

  @description('Audience of the token that stands in for a client secret.')
  tokenExchangeAudience: string
}

@description('Whether the program is a container image.')
var isContainer = deployMode == 'container'

@description('The port on which the container listens.')
var containerPort = '8080'

@description('What runs in container mode until the first deployment.')
var placeholderImage = 'mcr.microsoft.com/appsvc/staticsite:latest'

// PID 1 must become the program, or it never hears that it should stop: hence the exec, here and in the script.
@description('What starts the program in zip mode.')
var startCommand = 'exec sh startup.sh'

// Names and meanings are those of `app --help`. A setting that the app does not know fails `cargo xtask infra`.
@description('Settings of the app on every site.')
var settings = {
  AZURE_POSTGRESQL_CONNECTIONSTRING: databaseAuthentication == 'password'
    ? '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${connectionStringSecretName})'
    : 'dbname=${databaseName} host=${databaseHost} port=5432 sslmode=verify-full user=${identityName}'
  DATABASE_POOL_SIZE: string(databasePoolSize)
  AZURE_MANAGED_IDENTITY_CLIENT_ID: identityClientId
  AZURE_TENANT_ID: signIn.tenantId
  AZURE_AUTHORITY_HOST: signIn.authority
  AZURE_GRAPH_URL: signIn.graph
  AZURE_TOKEN_EXCHANGE_AUDIENCE: signIn.tokenExchangeAudience
  SESSION_SECRET_KEY: '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${sessionSecretName})'
  SHUTDOWN_GRACE: '20'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
}

@description('Settings of the app that are only there when they have a value.')
var optionalSettings = {
  AZURE_CLIENT_ID: signIn.clientId
  AZURE_CLIENT_SECRET: empty(signIn.secretName)
    ? ''
    : '@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${signIn.secretName})'
  AZURE_ALLOWED_TENANTS: signIn.allowedTenants
  BASE_URL: baseUrl
  PORT: isContainer ? containerPort : ''
  SIGN_IN_REQUIRED: signIn.requiredFor
}

@description('Settings that App Service itself reads. The stop limit leaves room for SHUTDOWN_GRACE.')
var platformSettings = {
  WEBSITES_CONTAINER_STOP_TIME_LIMIT: '30'
  ...(isContainer
    ? {
        WEBSITES_ENABLE_APP_SERVICE_STORAGE: 'false'
        WEBSITES_PORT: containerPort
      }
    : {
        ENABLE_ORYX_BUILD: 'false'
        SCM_DO_BUILD_DURING_DEPLOYMENT: 'false'
      })
}

@description('Optional settings that have a value.')
var presentSettings = toObject(
  filter(items(optionalSettings), setting => !empty(setting.value)),
  setting => setting.key,
  setting => setting.value
)

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd deploys the service of this name here.
  tags: union(tags, { 'azd-service-name': isContainer ? 'web-container' : 'web' })
  kind: isContainer ? 'app,linux,container' : 'app,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: planId
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    sshEnabled: !isContainer
    virtualNetworkSubnetId: subnetId
    outboundVnetRouting: {
      applicationTraffic: true
    }
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      linuxFxVersion: isContainer ? 'DOCKER|${empty(imageName) ? placeholderImage : imageName}' : stack
      appCommandLine: isContainer ? '' : startCommand
      acrUseManagedIdentityCreds: isContainer
      // The client id, not the resource id.
      acrUserManagedIdentityID: isContainer ? identityClientId : null
      alwaysOn: true
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      healthCheckPath: '/readyz'
    }
  }

  resource ftpPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scmPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
    dependsOn: [ftpPublishing]
  }

  // One resource with every setting: it replaces whatever was there.
  resource appSettings 'config' = {
    name: 'appsettings'
    properties: {
      ...settings
      ...presentSettings
      ...platformSettings
      ...furtherSettings
    }
    dependsOn: [scmPublishing]
  }

  resource logs 'config' = {
    name: 'logs'
    properties: {
      applicationLogs: {
        fileSystem: {
          level: 'Information'
        }
      }
      httpLogs: {
        fileSystem: {
          enabled: true
          retentionInDays: 7
          retentionInMb: 50
        }
      }
      detailedErrorMessages: {
        enabled: true
      }
      failedRequestsTracing: {
        enabled: true
      }
    }
    dependsOn: [appSettings]
  }
}

#disable-next-line use-recent-api-versions // the newest version of this type is a preview
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: site
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AppServiceHTTPLogs'
        enabled: true
      }
      {
        category: 'AppServiceConsoleLogs'
        enabled: true
      }
      {
        category: 'AppServicePlatformLogs'
        enabled: true
      }
      {
        category: 'AppServiceAuditLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Resource id of the site.')
output id string = site.id

@description('Name of the site.')
output name string = site.name

@description('Host name that Azure gave the site.')
output host string = site.properties.defaultHostName

@description('Host name of the tools of the site: log stream and SSH.')
output toolsHost string = first(filter(site.properties.hostNameSslStates, state => state.hostType == 'Repository'))!.name
