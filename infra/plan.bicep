// App Service plan: size and number of the instances, with optional autoscale.

@description('Azure region.')
param location string

@description('Name of the plan.')
param name string

@description('Name of the autoscale settings.')
param autoscaleName string

@description('Size of an instance.')
param sku string

@description('Number of instances; with autoscale the minimum.')
@minValue(1)
@maxValue(10)
param instances int

@description('Maximum number of instances with autoscale; 0 for a fixed number.')
@minValue(0)
@maxValue(10)
param autoscaleMaxInstances int

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: name
  location: location
  tags: resourceGroup().tags
  kind: 'linux'
  sku: {
    name: sku
    capacity: instances
  }
  properties: {
    reserved: true
  }
}

// Setting the maximum back to 0 does not delete an existing resource; docs/deploy.md has the command.
resource autoscale 'Microsoft.Insights/autoscaleSettings@2022-10-01' = if (autoscaleMaxInstances > 0) {
  name: autoscaleName
  location: location
  tags: resourceGroup().tags
  properties: {
    enabled: true
    targetResourceUri: plan.id
    profiles: [
      {
        name: 'By CPU'
        capacity: {
          minimum: string(instances)
          maximum: string(autoscaleMaxInstances)
          default: string(instances)
        }
        rules: [
          {
            metricTrigger: {
              metricName: 'CpuPercentage'
              metricResourceUri: plan.id
              statistic: 'Average'
              timeAggregation: 'Average'
              timeGrain: 'PT1M'
              timeWindow: 'PT10M'
              operator: 'GreaterThan'
              threshold: 70
            }
            scaleAction: {
              direction: 'Increase'
              type: 'ChangeCount'
              value: '1'
              cooldown: 'PT5M'
            }
          }
          {
            metricTrigger: {
              metricName: 'CpuPercentage'
              metricResourceUri: plan.id
              statistic: 'Average'
              timeAggregation: 'Average'
              timeGrain: 'PT1M'
              timeWindow: 'PT10M'
              operator: 'LessThan'
              threshold: 30
            }
            scaleAction: {
              direction: 'Decrease'
              type: 'ChangeCount'
              value: '1'
              cooldown: 'PT10M'
            }
          }
        ]
      }
    ]
  }
}

#disable-next-line use-recent-api-versions // the newest version of this type is a preview
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: plan
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

@description('Resource id of the plan.')
output id string = plan.id
