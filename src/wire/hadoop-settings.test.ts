// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how Hadoop writes them.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hadoopSettings } from './hadoop-settings.ts'

const configuration = (properties: string) =>
  `<?xml version="1.0"?>\n<?xml-stylesheet type="text/xsl" href="configuration.xsl"?>\n<configuration>${properties}</configuration>\n`

const settingsOf = (t: TestContext, core: string, site?: string, env: NodeJS.ProcessEnv = {}) => {
  const dir = mkdtempSync(join(tmpdir(), 'textstream-conf-'))
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'core-site.xml'), core)
  if (site !== undefined) writeFileSync(join(dir, 'hdfs-site.xml'), site)
  return hadoopSettings(dir, env)!
}

const property = (name: string, value: string, more = '') =>
  `<property>\n  <name>${name}</name>\n  <value>${value}</value>${more}\n</property>`

const values: [what: string, properties: string, value: string | undefined][] = [
  ['a value', property('a', 'x'), 'x'],
  ['spaces around name and value', property(' a ', '\n x y \n'), 'x y'],
  [
    'a description before the name',
    '<property><description>a &lt; b</description><name>a</name><value>x</value></property>',
    'x',
  ],
  ['entities', property('a', '&lt;&amp;&gt;&quot;&apos;&#65;&#x42;'), `<&>"'AB`],
  ['CDATA', property('a', '<![CDATA[<x>&amp;</x>]]>'), '<x>&amp;</x>'],
  ['a comment in between', property('a', 'x').replace('<value>', '<!-- <value>no</value> --><value>'), 'x'],
  ['a property that is commented out', `<!-- ${property('a', 'x')} -->`, undefined],
  ['attributes', `<property name="a" value="x" final="true"/>`, 'x'],
  ['an empty value', property('a', ''), ''],
  ['a name without value', '<property><name>a</name></property>', undefined],
  ['the last of two', property('a', 'x') + property('a', 'y'), 'y'],
  ['the first if it is final', property('a', 'x', '<final>true</final>') + property('a', 'y'), 'x'],
  ['another setting in it', property('a', '${b}-${b}') + property('b', 'x'), 'x-x'],
  ['a setting that is not there', property('a', '${b}'), '${b}'],
  ['a setting in a setting', property('a', '${b}') + property('b', '${c}') + property('c', 'x'), 'x'],
  ['the environment', property('a', '${env.PLACE}/${env.NONE:-else}/${env.NONE-other}'), 'there/else/other'],
  ['the user', property('a', '/user/${user.name}'), '/user/ada'],
]

for (const [what, properties, value] of values) {
  test(`reads ${what}`, t => {
    const settings = settingsOf(t, configuration(properties), undefined, { PLACE: 'there', HADOOP_USER_NAME: 'ada' })
    assert.equal(settings('a'), value)
  })
}

test('a setting that names itself ends', t => {
  assert.equal(settingsOf(t, configuration(property('a', '${a}x')))('a')?.startsWith('${a}'), true)
})

test('hdfs-site.xml comes after core-site.xml', t => {
  const [core, site] = [
    property('a', 'x') + property('b', 'x', '<final>true</final>'),
    property('a', 'y') + property('b', 'y'),
  ]
  const settings = settingsOf(t, configuration(core), configuration(site))
  assert.deepEqual([settings('a'), settings('b'), settings('c')], ['y', 'x', undefined])
})

test('a folder without configuration has no settings', () => {
  assert.equal(hadoopSettings('/nowhere', {}), undefined)
})

const refused: [what: string, xml: string, says: RegExp][] = [
  ['XInclude', configuration('<xi:include href="other.xml"/>'), /XInclude.*into one file/],
  ['entities of its own', `<!DOCTYPE a [<!ENTITY x "y">]>${configuration('')}`, /entities/],
  ['an entity that nobody knows', configuration(property('a', '&nbsp;')), /"&nbsp;"/],
  ['something else', 'fs.defaultFS=x', /no configuration file of Hadoop/],
]

for (const [what, xml, says] of refused) {
  test(`refuses ${what}, and says what to do`, t => {
    assert.throws(() => settingsOf(t, xml), { code: 'hdfs/usage', message: says })
  })
}
