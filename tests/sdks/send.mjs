// Sends what a shop's own server would, by the SDKs for Node: node send.mjs SDK HOST PERSON. It prints what goes wrong.

const [sdk, host, person] = process.argv.slice(2)
const failures = []
const senders = {
  async posthog() {
    const { PostHog } = await import('posthog-node')
    const client = new PostHog('phc_site', { host: `${host}/_hb/posthog`, flushAt: 20 })
    client.on('error', (error) => failures.push(String(error)))
    client.identify({ distinctId: person, properties: { plan: 'gold' } })
    client.capture({ distinctId: person, event: 'bought', properties: { cups: 2 }, groups: { company: 'acme' } })
    client.groupIdentify({ groupType: 'company', groupKey: 'acme', properties: { seats: 3 }, distinctId: person })
    client.alias({ distinctId: person, alias: `${person} of old` })
    const flags = await client.evaluateFlags(person)
    if (flags.isEnabled('blue-cups')) failures.push('a flag is on')
    await client.shutdown()
  },
  async mixpanel() {
    const { default: Mixpanel } = await import('mixpanel')
    const url = new URL(host)
    const client = Mixpanel.init('site', { host: url.host, protocol: url.protocol.slice(0, -1), path: '/_hb/mixpanel' })
    const done = (call) =>
      new Promise((resolve) => {
        call((error) => {
          if (error) failures.push(String(error))
          resolve()
        })
      })
    await done((then) => client.track('bought', { distinct_id: person, cups: 2, $insert_id: `node-${person}` }, then))
    await done((then) => client.people.set(person, { plan: 'gold' }, then))
    await done((then) => client.alias(person, `${person} of old`, then))
  },
  async amplitude() {
    const amplitude = await import('@amplitude/analytics-node')
    await amplitude.init('site', { serverUrl: `${host}/_hb/amplitude/2/httpapi`, flushIntervalMillis: 50 }).promise
    const sent = [
      amplitude.track('bought', { cups: 2 }, { user_id: person }),
      amplitude.identify(new amplitude.Identify().set('plan', 'gold'), { user_id: person }),
      amplitude.setGroup('company', 'acme', { user_id: person }),
    ]
    await amplitude.flush().promise
    for (const one of sent) {
      const answer = await one.promise
      if (answer.code !== 200) failures.push(`${answer.code} ${answer.message}`)
    }
  },
}
await senders[sdk]()
if (failures.length) {
  console.error(failures.join('\n'))
  process.exit(1)
}
