// Log Analytics workspace, Application Insights and a workbook with the figures an operator looks at first.

@description('Azure region.')
param location string

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param applicationInsightsName string

@description('Retention of logs in days. The first 31 are free of charge.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Daily cap of log ingestion in gigabytes; -1 for no cap.')
param dailyQuotaGB int

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: resourceGroup().tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGB
    }
    features: {
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: resourceGroup().tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
  }
}

// An ARM template, so that the portal can replace it: edit the workbook there, then Advanced Editor > ARM template.
module workbook 'workbook.json' = {
  params: {
    location: location
    workspaceId: workspace.id
  }
}

@description('Resource id of the workspace.')
output workspaceId string = workspace.id

@description('Connection string that the app sends telemetry to.')
output applicationInsightsConnectionString string = applicationInsights.properties.ConnectionString
