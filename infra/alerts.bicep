// Alerts: the site responds with server errors, or its health check fails.

@description('Name of the site, which is the prefix of the names of the alerts.')
param siteName string

@description('Resource id of the site.')
param siteId string

@description('Name of the action group.')
param actionGroupName string

@description('Email address that is notified; empty for alerts in the portal only.')
param email string

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: actionGroupName
  location: 'global'
  tags: resourceGroup().tags
  properties: {
    enabled: true
    groupShortName: 'site'
    emailReceivers: [
      {
        name: 'operator'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

@description('Actions of an alert.')
var actions = empty(email) ? [] : [{ actionGroupId: actionGroup.id }]

resource serverErrors 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${siteName}-server-errors'
  location: 'global'
  tags: resourceGroup().tags
  properties: {
    description: 'The site responded with a 5xx status more than 10 times in 5 minutes.'
    severity: 2
    enabled: true
    scopes: [siteId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'Http5xx'
          metricName: 'Http5xx'
          metricNamespace: 'Microsoft.Web/sites'
          operator: 'GreaterThan'
          threshold: 10
          timeAggregation: 'Total'
        }
      ]
    }
    actions: actions
  }
}

resource unhealthy 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${siteName}-unhealthy'
  location: 'global'
  tags: resourceGroup().tags
  properties: {
    description: 'The health check of the site failed for 5 minutes.'
    severity: 1
    enabled: true
    scopes: [siteId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'HealthCheckStatus'
          metricName: 'HealthCheckStatus'
          metricNamespace: 'Microsoft.Web/sites'
          operator: 'LessThan'
          threshold: 50
          timeAggregation: 'Average'
        }
      ]
    }
    actions: actions
  }
}
