import type { Dashboard } from './dashboard.ts'
import { chosen, durations, lines, now, number, rate } from './queries.ts'

export const clusters: Dashboard = {
  uid: 'textstream-clusters',
  title: 'textstream: clusters',
  says: 'How the clusters of the text grow and change. What a number means (its label, its terms, its nearest chunks) says the page, or textstream clusters.',
  instances: 'textstream_consume_model',
  rows: [
    {
      title: 'Now',
      panels: [
        number(
          'Model',
          'Number of the latest model; 0: there is too little text yet.',
          'none',
          `max(textstream_consume_model{${chosen}})`,
        ),
        number('Windows', 'Windows of text so far, in all runs.', 'short', now('textstream_consume_windows')),
        number('Clusters', 'Of the latest model.', 'none', `count(textstream_consume_cluster_share{${chosen}})`),
        number(
          'Largest',
          'Share of the largest cluster in the sampled windows.',
          'percentunit',
          `max(textstream_consume_cluster_share{${chosen}})`,
        ),
        number(
          'Rows',
          'Rows that came into a cluster, a second.',
          'cps',
          rate('textstream_consume_cluster_rows_total'),
        ),
        number(
          'Lag',
          'How far the consumer is behind the end of the log.',
          'bytes',
          now('textstream_consume_lag_bytes'),
        ),
      ],
    },
    {
      title: 'Sizes',
      panels: [
        lines(
          'Shares',
          'Share of the sampled windows in each cluster of the latest model.',
          'percentunit',
          [{ expr: `max by (cluster) (textstream_consume_cluster_share{${chosen}})`, legend: 'cluster {{cluster}}' }],
          { max: 1 },
        ),
        lines('Rows into each', 'Rows that came into each cluster, a second.', 'cps', [
          { expr: rate('textstream_consume_cluster_rows_total', 'cluster'), legend: 'cluster {{cluster}}' },
        ]),
        lines('Rows of each', 'Rows of each cluster since the consumer was started.', 'short', [
          { expr: now('textstream_consume_cluster_rows_total', 'cluster'), legend: 'cluster {{cluster}}' },
        ]),
      ],
    },
    {
      title: 'Models',
      panels: [
        lines('Models', 'Number of the latest model: it rises with each one that is fitted.', 'none', [
          { expr: `max by (instance) (textstream_consume_model{${chosen}})`, legend: '{{instance}}' },
        ]),
        lines('Changes', 'Clusters since the consumer was started, by what a new model made of them.', 'short', [
          { expr: now('textstream_consume_cluster_changes_total', 'change'), legend: '{{change}}' },
        ]),
        lines(
          'Fitting',
          'Fitting a model; meanwhile no rows are read.',
          's',
          durations('textstream_consume_fit_seconds'),
        ),
      ],
    },
  ],
}
