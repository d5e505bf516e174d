import * as common from '@grafana/grafana-foundation-sdk/common'
import {
  ReduceDataOptionsBuilder,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** Grafana's own names: counts, bytes, seconds, shares of 1. */
export const units = ['short', 'cps', 'reqps', 'bytes', 'Bps', 's', 'percentunit', 'none'] as const

/** One line, or several, by the labels that its legend names as `{{label}}`. */
export interface Query {
  readonly expr: string
  readonly legend: string
}

/** What a panel shows, as data: `number` is the latest one, large; `lines` is how it went. */
export interface Panel {
  readonly kind: 'number' | 'lines'
  readonly title: string
  readonly says: string
  readonly unit: (typeof units)[number]
  readonly queries: readonly Query[]
  /** Where a number turns orange. */
  readonly warnAt?: number
  readonly max?: number
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly says: string
  /** Which instances it can be narrowed to: a series that all of them have. */
  readonly instances: string
  readonly rows: readonly Row[]
}

/** Of the data source that provisioning/datasources/prometheus.yml declares. */
export const datasourceUid = 'textstream-prometheus'

const panelColumns = { number: 4, lines: 8 } as const
const panelRows = { number: 4, lines: 8 } as const

const datasource = { type: 'prometheus', uid: '$' + '{datasource}' }

const queriesOf = ({ queries, kind }: Panel) =>
  queries.map(({ expr, legend }, at) => {
    const query = new DataqueryBuilder()
      .expr(expr)
      .legendFormat(legend)
      .refId(String.fromCharCode(65 + at))
      .datasource(datasource)
    return kind === 'number' ? query.instant() : query.range()
  })

const thresholdsOf = (warnAt: number | undefined) =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: 'green' }, ...(warnAt === undefined ? [] : [{ value: warnAt, color: 'orange' }])])

const numberPanel = (panel: Panel) =>
  new StatBuilder()
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .noValue('–')
    .thresholds(thresholdsOf(panel.warnAt))

const linesPanel = () =>
  new TimeseriesBuilder()
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))

const built = (panel: Panel, id: number) => {
  const of = panel.kind === 'number' ? numberPanel(panel) : linesPanel()
  of.id(id).title(panel.title).description(panel.says).unit(panel.unit).datasource(datasource).min(0)
  if (panel.max !== undefined) of.max(panel.max)
  return of.span(panelColumns[panel.kind]).height(panelRows[panel.kind]).targets(queriesOf(panel))
}

const datasourceVariable = () =>
  new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .type('prometheus')
    .current({ selected: true, text: 'textstream', value: datasourceUid })

const instanceVariable = (series: string) =>
  new QueryVariableBuilder('instance')
    .label('Instance')
    .datasource(datasource)
    .query(`label_values(${series}, instance)`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] })

/** The dashboard as Grafana reads it. */
export const dashboardJson = ({ uid, title, says, instances, rows }: Dashboard): string => {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(says)
    .tags(['textstream'])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-30m', to: 'now' })
    .refresh('15s')
    .timezone('browser')
    .withVariable(datasourceVariable())
    .withVariable(instanceVariable(instances))
  let id = 1
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title).id(id++))
    for (const panel of row.panels) dashboard.withPanel(built(panel, id++))
  }
  return `${JSON.stringify(dashboard.build(), null, 2)}\n`
}
