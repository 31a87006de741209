// The database servers to choose from, smallest first.

@description('One size of server.')
type DatabaseSize = {
  @description('Pricing tier of the size. Burstable has no standby server.')
  tier: 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized'

  @description('Connections left for programs: the default max_connections of the size less the 15 that Azure keeps.')
  connections: int
}

@export()
@description('Sizes by name; limits from https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits')
var databaseSizes {
  @description('A size.')
  *: DatabaseSize
} = {
  Standard_B1ms: { tier: 'Burstable', connections: 35 }
  Standard_B2s: { tier: 'Burstable', connections: 414 }
  Standard_B2ms: { tier: 'Burstable', connections: 844 }
  Standard_D2ds_v5: { tier: 'GeneralPurpose', connections: 844 }
  Standard_D4ds_v5: { tier: 'GeneralPurpose', connections: 1703 }
  Standard_D8ds_v5: { tier: 'GeneralPurpose', connections: 3422 }
  Standard_E2ds_v5: { tier: 'MemoryOptimized', connections: 1703 }
  Standard_E4ds_v5: { tier: 'MemoryOptimized', connections: 3422 }
}
