// Container registry that builds and stores the image of the app, in container mode only.

@description('Azure region.')
param location string

@description('Name of the registry.')
@minLength(5)
@maxLength(50)
param name string

@description('Name of the managed identity of the app.')
param appIdentityName string

@description('Object id of the managed identity of the app.')
param appPrincipalId string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Built-in role AcrPull.')
var pullRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: appIdentityName
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: name
  location: location
  tags: resourceGroup().tags
  sku: {
    name: 'Basic'
  }
  properties: {
    adminUserEnabled: false
  }
}

resource appPullsImages 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, appIdentity.id, pullRole)
  scope: registry
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: pullRole
  }
}

#disable-next-line use-recent-api-versions // the newest version of this type is a preview
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: registry
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}

@description('Host name of the registry.')
output loginServer string = registry.properties.loginServer
