/* What sites call of trackers and embeds, as the vendors' own documentation shows it: a service's id, and a call a line.

Only names are called that a held script would have defined; what a site defines itself beforehand, as many snippets
tell it to (`window.x = window.x || {}`), needs nobody to stand in for it. */

// google-analytics
gtag('js', new Date())
gtag('config', 'G-1', {send_page_view: false})
gtag('event', 'purchase', {value: 1, currency: 'EUR', items: [{item_id: 'a'}]})
gtag('set', 'user_properties', {plan: 'free'})
gtag('consent', 'update', {analytics_storage: 'granted'})
gtag('get', 'G-1', 'client_id', (id) => id)
dataLayer.push({event: 'add_to_cart', ecommerce: {items: []}})
ga('create', 'UA-1', 'auto')
ga('send', 'event', 'Videos', 'play')
_gaq.push(['_trackPageview'])

// posthog
posthog.capture('signed up', {plan: 'free'})
posthog.identify('id', {email: 'a@b.test'})
posthog.register({a: 1})
posthog.people.set({a: 1})
posthog.group('company', 'id:5')
posthog.onFeatureFlags(() => 1)
if (posthog.isFeatureEnabled('flag')) throw 'a feature is on'
if (posthog.getFeatureFlag('flag') === 'test') throw 'a variant'
posthog.opt_out_capturing()
posthog.reset()

// mixpanel
mixpanel.track('Video play', {genre: 'hip-hop'})
mixpanel.identify('user')
mixpanel.people.set({$name: 'Jane'})
mixpanel.people.increment('logins')
mixpanel.register({source: 'vanilla'})
mixpanel.time_event('Image Upload')
mixpanel.track_links('#nav a', 'click nav link')
mixpanel.get_group('company', 'mixpanel').set({a: 1})
mixpanel.opt_out_tracking()
mixpanel.reset()

// amplitude
amplitude.init('key', 'user')
amplitude.track('Button Clicked', {label: 'x'})
amplitude.setUserId('user')
amplitude.setDeviceId('device')
amplitude.identify(new amplitude.Identify().set('plan', 'free').add('n', 1))
amplitude.revenue(new amplitude.Revenue().setProductId('a').setPrice(3).setQuantity(2))
amplitude.setGroup('org', '15')
amplitude.getInstance().logEvent('clicked')
amplitude.add({name: 'plugin'})
amplitude.flush()

// segment
analytics.track('Article Bookmarked', {title: 'x'})
analytics.page('Pricing')
analytics.identify('97980cfea0067', {name: 'Peter'})
analytics.group('0e8c78ea9d9', {name: 'Group'})
analytics.alias('new id')
analytics.ready(() => 1)
analytics.trackLink(document.body, 'Clicked')
analytics.on('track', () => 1)
analytics.reset()
if (analytics.initialize) throw 'its snippet takes it for the library'

// plausible
plausible('Signup')
plausible('Download', {props: {method: 'HTTP'}})
plausible('Purchase', {revenue: {currency: 'USD', amount: 10.29}})
plausible('pageview', {u: location.href, callback: () => 1})

// snowplow
snowplow('newTracker', 'sp', 'collector.test', {appId: 'a'})
snowplow('enableActivityTracking', {minimumVisitLength: 30})
snowplow('trackPageView')
snowplow('trackStructEvent', {category: 'a', action: 'b'})
snowplow('trackSelfDescribingEvent', {event: {schema: 's', data: {}}})
snowplow('setUserId', 'id')
snowplow('addGlobalContexts', [])

// matomo
_paq.push(['trackPageView'])
_paq.push(['enableLinkTracking'])
_paq.push(['trackEvent', 'Contact', 'Email Link Click'])
_paq.push(['setUserId', 'id'])
_paq.push([function () { this.getVisitorId() }])
_mtm.push({'mtm.startTime': 1, event: 'mtm.Start'})
Matomo.getTracker('//m.test/matomo.php', 1).trackPageView()
Piwik.getTracker().setCustomVariable(1, 'a', 'b')
Piwik.getAsyncTracker().trackGoal(1)
Matomo.addTracker('//m.test/', 2)

// piwik-pro
_paq.push(['trackPageView'])
dataLayer.push({event: 'x'})
ppms.cm.api('openConsentForm')
ppms.cm.api('getComplianceSettings', (settings) => settings, () => 1)

// adobe-analytics
var s = s_gi('account'); s.t()
s_gi('account').tl(true, 'o', 'link name')
alloy('configure', {datastreamId: 'a'})
alloy('sendEvent', {xdm: {}}).then((result) => result).catch(() => 1)
alloy('setConsent', {consent: []})

// adobe-launch
_satellite.pageBottom()
_satellite.track('event-name', {detail: 1})
_satellite.setVar('a', 1)
_satellite.getVar('a')
_satellite.logger.log('x')
_satellite.cookie.set('a', 'b')

// heap
heap.track('Purchase', {price: 1})
heap.identify('id')
heap.addUserProperties({a: 1})
heap.addEventProperties({a: 1})
heap.resetIdentity()
heap.clearEventProperties()

// clicky
clicky.log('/path', 'title')
clicky.goal('some goal')
clicky.pause()

// statcounter
_statcounter.record_pageview()
_statcounter.start_recording()
_statcounter.add_tags({a: 'b'})

// chartbeat
pSUPERFLY.virtualPage('/path', 'title')
pSUPERFLY.activity()
_cbq.push(['_acct', 'anon'])

// comscore
_comscore.push({c1: '2', c2: '1'})
COMSCORE.beacon({c1: '2', c2: '1'})

// quantcast
_qevents.push({qacct: 'p-1', event: 'refresh'})
__qc.event({type: 'custom', eventType: 'refresh'})

// yandex-metrica
ym(1, 'init', {clickmap: true})
ym(1, 'reachGoal', 'order', {price: 1})
ym(1, 'hit', '/path')
ym(1, 'getClientID', (id) => id)
new Ya.Metrika2({id: 1}).reachGoal('x')
new Ya.Metrika({id: 1}).hit('/')

// baidu-tongji
_hmt.push(['_trackPageview', '/path'])
_hmt.push(['_trackEvent', 'nav', 'click', 'literature'])

// cnzz
_czc.push(['_trackEvent', 'a', 'b'])

// naver-analytics
wcs.inflow('shop.test')
wcs_do()
wcs_do({cnv: 1})
wcs.cnv('1', '10')

// at-internet
var tag = new ATInternet.Tracker.Tag(); tag.page.set({name: 'a'}); tag.dispatch()
new ATInternet.Tracker.Tag().click.send({elem: document.body, name: 'a', type: 'action'})
pa.sendEvent('page.display', {page: 'a'})
pa.setConfigurations({site: 1})
pa.setUser('id', 'category', false)

// etracker
_etracker.sendEvent(new et_UserDefinedEvent('object', 'category', 'action', 'type'))
et_eC_Wrapper({et_et: 'a', et_pagename: 'b'})
etCommerce.sendEvent('viewProduct', {id: '1'})
_etracker.enableCookies('shop.test')

// econda
emos3.send({type: 'event', content: 'a'})

// webtrekk
wts.push(['send', 'pageupdate'])
new webtrekkV3({linkTrack: 'link'}).sendinfo({linkId: 'a'})

// kissmetrics
_kmq.push(['record', 'Viewed'])
_kmq.push(['identify', 'id'])
KM.i()

// woopra
woopra.config({domain: 'shop.test'})
woopra.track('signup', {a: 1})
woopra.identify({email: 'a@b.test'}).push()
woopra.track()

// keen
new Keen({projectId: 'a', writeKey: 'b'}).recordEvent('purchases', {item: 'x'})
new KeenTracking({projectId: 'a'}).initAutoTracking({recordPageViews: true})
Keen.ready(() => 1)

// umami
umami.track('signup-button')
umami.track('signup', {plan: 'free'})
umami.track((props) => ({...props, url: '/x'}))
umami.identify({a: 1})

// fathom
fathom.trackPageview()
fathom.trackGoal('CODE', 100)
fathom.trackEvent('checkout completed', {_value: 100})
fathom.blockTrackingForMe()

// simple-analytics
sa_event('click')
sa_event('click', {button: 'x'}, () => 1)
sa_pageview('/path')

// goatcounter
goatcounter.count({path: '/x', title: 'y', event: true})
goatcounter.bind_events()
if (goatcounter.filter()) throw 'filtered'

// pirsch
pirsch('Event', {duration: 42, meta: {a: 'b'}})
pirsch('Event').then(() => 1)

// vercel-analytics
va('event', {name: 'signup'})
va('pageview', {route: '/'})

// gosquared
_gs('GSN-1', 'auto')
_gs('event', 'clicked', {a: 1})
_gs('identify', {id: 1})

// hubspot-analytics
_hsq.push(['setPath', '/x'])
_hsq.push(['trackPageView'])
_hsq.push(['identify', {email: 'a@b.test'}])
_hsp.push(['revokeCookieConsent'])

// pendo
pendo.initialize({visitor: {id: 'v'}, account: {id: 'a'}})
pendo.identify('v', 'a')
pendo.updateOptions({visitor: {id: 'v'}})
pendo.track('Registered', {a: 1})
pendo.showGuideById('id')
if (pendo.isReady()) throw 'ready'

// gainsight-px
aptrinsic('identify', {id: 'u'}, {id: 'a'})
aptrinsic('track', 'clicked', {a: 1})
aptrinsic('set', 'globalContext', {a: 1})

// june
analytics.track('x')

// rudderstack
rudderanalytics.load('key', 'https://plane.test')
rudderanalytics.page()
rudderanalytics.track('x', {a: 1}, () => 1)
rudderanalytics.identify('id', {})
rudderanalytics.ready(() => 1)
rudderanalytics.reset()

// jitsu
jitsu.track('x', {a: 1})
jitsu.page()
jitsu.identify('id')

// freshpaint
freshpaint.track('x')
freshpaint.identify('id')
freshpaint.addEventProperties({a: 1})

// mparticle
mParticle.logEvent('x', mParticle.EventType.Navigation, {a: 1})
mParticle.logPageView()
mParticle.ready(() => 1)
mParticle.Identity.login({userIdentities: {}}, () => 1)
mParticle.eCommerce.logProductAction(1, mParticle.eCommerce.createProduct('a', 'b', 1))
mParticle.setPosition(1, 2)

// tealium
utag.view({page: 'x'})
utag.link({event: 'x'})
utag.track('link', {event: 'x'})
utag.gdpr.setConsentValue(1)

// lytics
jstag.send({a: 1})
jstag.pageView()
jstag.getid((id) => id)

// jetpack-stats
_stq.push(['view', {v: 'ext', blog: '1'}])
_stq.push(['clickTrackerInit', '1', '2'])

// ahrefs-analytics
AhrefsAnalytics.sendEvent('x', {props: {}})

// bazaarvoice
BV.pixel.trackTransaction({orderId: '1', total: 1})

// google-ads
gtag('event', 'conversion', {send_to: 'AW-1/x', event_callback: () => 1})
dataLayer.push({event: 'x'})

// google-tag-manager
dataLayer.push({event: 'x', eventCallback: () => 1})
gtag('event', 'x')

// meta-pixel
fbq('init', '1')
fbq('track', 'Purchase', {value: 1, currency: 'USD'}, {eventID: 'a'})
fbq('trackCustom', 'x')
fbq('trackSingle', '1', 'PageView')
fbq('consent', 'revoke')
fbq('dataProcessingOptions', [])
fbq.call(window, 'track', 'x')

// tiktok-pixel
ttq.load('C1')
ttq.page()
ttq.track('CompletePayment', {value: 1})
ttq.identify({email: 'a@b.test'})
ttq.instance('C1').track('x')
ttq.ready(() => 1)
ttq.grantConsent()

// linkedin-insight
lintrk('track', {conversion_id: 1})
lintrk('setUserData', {email: 'a@b.test'})

// pinterest-tag
pintrk('load', '1', {em: 'a@b.test'})
pintrk('page')
pintrk('track', 'checkout', {value: 1}, (did, why) => 1)

// snap-pixel
snaptr('init', 'id', {user_email: 'a@b.test'})
snaptr('track', 'PURCHASE', {price: 1})

// x-pixel
twq('config', 'o1')
twq('event', 'tw-o1-1', {value: 1})
twq('track', 'PageView')

// reddit-pixel
rdt('init', 't2_1', {optOut: false})
rdt('track', 'PageVisit')

// microsoft-ads
uetq.push('event', 'purchase', {revenue_value: 1})
uetq.push({ec: 'a', ea: 'b'})
uetq.push('consent', 'update', {ad_storage: 'denied'})

// quora-pixel
qp('init', 'id')
qp('track', 'ViewContent')

// criteo
criteo_q.push({event: 'setAccount', account: 1}, {event: 'viewHome'})

// taboola
_taboola.push({article: 'auto'})
_tfa.push({notify: 'event', name: 'page_view', id: 1})

// outbrain
obApi('track', 'PAGE_VIEW')
obApi('track', 'x', {orderValue: 1})

// adroll
adroll.track('pageView')
adroll.setProperties({email: 'a@b.test'})
adroll.identify({email: 'a@b.test'})

// amazon-ads
amzn('setRegion', 'EU')
amzn('trackEvent', 'PageView')
apstag.init({pubID: '1', adServer: 'googletag'})
apstag.fetchBids({slots: []}, (bids) => apstag.setDisplayBids())

// the-trade-desk
ttd_dom_ready(() => 1)
new TTDUniversalPixelApi().init('adv', ['upix'], 'https://x.test/', {td1: 'a'})

// id5
ID5.init({partnerId: 1}).onAvailable((id) => id.getUserId())
ID5.refreshId(ID5.init({partnerId: 1}))

// bluekai
bk_addPageCtx('a', 'b')
bk_addUserCtx('a', 'b')
bk_doJSTag(1, 10)

// demdex
Visitor.getInstance('ORG@AdobeOrg', {trackingServer: 'x'}).getMarketingCloudVisitorID()
Visitor.getInstance('ORG@AdobeOrg').setCustomerIDs({a: {id: '1'}})

// adobe-target
mboxCreate('box', 'a=b')
mboxDefine('id', 'box')
mboxUpdate('box')

// rtb-house
rtbhEvents.push({eventType: 'placebo'})

// sharethis
__sharethis__.initialize()
__sharethis__.load('inline-share-buttons', {})

// addtoany
a2a.init_all()
a2a.init('page')
a2a.show_full()

// demandbase
Demandbase.Segments.filterData('x')

// 6sense
_6si.push(['setToken', 'a'])

// leadfeeder
ldfdr('load', 'id')

// clearbit
clearbit.identify('id', {})
clearbit.track('x')

// marketo
Munchkin.munchkinFunction('visitWebPage', {url: '/x'})
Munchkin.associateLead()
Munchkin.init('1-A-2')

// pardot
piTracker('https://shop.test/x')

// eloqua
_elqQ.push(['elqSetSiteId', '1'])
_elqQ.push(['elqTrackPageView'])

// klaviyo
_learnq.push(['identify', {$email: 'a@b.test'}])
_learnq.push(['track', 'x', {}])
klaviyo.identify({email: 'a@b.test'}, () => 1)
klaviyo.track('Viewed Product', {})
klaviyo.openForm('id')

// activecampaign
vgo('setEmail', 'a@b.test')
vgo('process')

// brevo
sendinblue.track('x')
sendinblue.identify('a@b.test', {})
Brevo.push(['track', 'x'])

// customer-io
_cio.identify({id: '1', email: 'a@b.test'})
_cio.track('purchase', {price: 1})
_cio.page('/x')
cioanalytics.identify('1')
cioanalytics.track('x')

// braze
braze.initialize('key', {baseUrl: 'x'})
braze.openSession()
braze.changeUser('id')
braze.logCustomEvent('x', {a: 1})
braze.getUser().setEmail('a@b.test')
appboy.logPurchase('a', 1, 'USD', 1)

// onesignal
OneSignal.push(() => 1)
OneSignalDeferred.push(async (it) => 1)

// iterable
_iaq.push(['track', 'x'])

// impact
ire('identify', {customerId: '1'})
ire('trackConversion', 1, {orderId: '1'}, {verifySiteDefinitionMatch: true})

// tradedoubler
tdconv('init', '1', {element: 'iframe'})
tdconv('track', 'sale', {transactionId: '1'})

// yahoo-dot
dotq.push({projectId: '1', properties: {}})

// vk-pixel
VK.Retargeting.Init('VK-1')
VK.Retargeting.Hit()
VK.Goal('purchase', {value: 1})

// nextdoor
ndp('init', 'id', {})
ndp('track', 'PAGE_VIEW')

// spotify-pixel
spdt('conf', {key: 'a'})
spdt('view', {url: location.href})

// branch
branch.init('key', (error, data) => 1)
branch.track('pageview')
branch.setIdentity('id')
branch.logEvent('PURCHASE', {}, () => 1)
branch.link({data: {}}, (error, link) => 1)

// appsflyer
AF('pba', 'event', {eventType: 'EVENT', eventName: 'x'})
AF('banners', 'showBanner')

// adjust
Adjust.initSdk({appToken: 'a', environment: 'production'})
Adjust.trackEvent({eventToken: 'a'})
Adjust.stop()

// kochava
kochava.page()
kochava.activity('x', {})
kochava.identify({email: 'a@b.test'})

// trustpilot
tp('register', 'key')
tp('createInvitation', {recipientEmail: 'a@b.test'})
Trustpilot.loadFromElement(document.body, true)

// yotpo
yotpo.initWidgets()
yotpo.refreshWidgets()

// privy
Privy.init()
Privy.tracker.register('x')

// attentive
__attentive.trigger()

// salesforce-marketing-cloud
_etmc.push(['setOrgId', '1'])
_etmc.push(['trackPageView'])

// emarsys
ScarabQueue.push(['cart', []])
ScarabQueue.push(['go'])

// bloomreach
exponea.track('x', {})
exponea.identify({registered: 'a'})
exponea.start({token: 'a'})
BrTrk.getTracker().logEvent('product', 'click-add', {}, {}, true)

// insider
InsiderQueue.push({type: 'init'})

// moengage
Moengage.track_event('x', {})
Moengage.add_unique_user_id('1')
Moengage.destroy_session()

// webengage
webengage.init('a')
webengage.track('x', {})
webengage.user.login('id')
webengage.user.setAttribute('a', 'b')
webengage.onReady(() => 1)

// omnisend
omnisend.push(['accountID', '1'])
omnisend.push(['track', '$pageViewed'])

// drip
_dcq.push(['identify', {email: 'a@b.test'}])
_dcq.push(['track', 'x'])

// mailerlite
ml('account', '1')
ml('show', 'id', true)

// stackadapt
saq('ts', 'id')
saq('conv', 'id', {revenue: 1})

// skimlinks
skimlinksAPI.refresh()

// rewardful
rewardful('ready', () => 1)
rewardful('convert', {email: 'a@b.test'})

// firstpromoter
fpr('init', {cid: 'a'})
fpr('click')
fpr('referral', {email: 'a@b.test'})

// hotjar
hj('event', 'x')
hj('identify', 'id', {a: 1})
hj('stateChange', '/x')
hj('trigger', 'x')
hj('vpv', '/x')

// clarity
clarity('set', 'a', 'b')
clarity('identify', 'id')
clarity('event', 'x')
clarity('consent')
clarity('upgrade', 'x')

// fullstory
FS.identify('1', {displayName: 'a'})
FS.event('x', {a: 1})
FS.setUserVars({a: 1})
FS('trackEvent', {name: 'x', properties: {}})
FS.consent(true)
FS.getCurrentSessionURL()
FS.log('error', 'x')
FS.shutdown()

// logrocket
LogRocket.init('app/id')
LogRocket.identify('id', {name: 'a'})
LogRocket.track('x')
LogRocket.getSessionURL((url) => url)
LogRocket.captureException(new Error('x'))
LogRocket.log('x')

// mouseflow
_mfq.push(['newPageView', '/x'])
_mfq.push((mouseflow) => mouseflow.tag('x'))
mouseflow.start()

// smartlook
smartlook('init', 'key')
smartlook('identify', 'id', {})
smartlook('track', 'x', {})

// luckyorange
LOQ.push(['ready', (LO) => LO.$internal.ready('events')])

// inspectlet
__insp.push(['identify', 'id'])
__insp.push(['tagSession', {a: 1}])

// crazyegg
CE2.set(1, 'a')
CE2.identify('id')

// contentsquare
_uxa.push(['trackPageview', '/x'])
_uxa.push(['setCustomVariable', 1, 'a', 'b'])

// quantum-metric
QuantumMetricAPI.addEventListener('start', () => 1)
QuantumMetricAPI.sendEvent(1, 0, 'x')
if (QuantumMetricAPI.isOn()) throw 'on'

// openreplay
OpenReplay.setUserID('id')
OpenReplay.setMetadata('a', 'b')
OpenReplay.event('x', {})
OpenReplay.issue('x')

// userpilot
userpilot.initialize('key')
userpilot.identify('id', {})
userpilot.track('x')
userpilot.reload()

// sentry
Sentry.init({dsn: 'https://a@o1.ingest.sentry.io/1', integrations: [Sentry.browserTracingIntegration()]})
Sentry.captureException(new Error('x'))
Sentry.captureMessage('x', 'info')
Sentry.setUser({id: '1'})
Sentry.setTag('a', 'b')
Sentry.addBreadcrumb({message: 'x'})
Sentry.getCurrentScope().setTag('a', 'b')
Sentry.onLoad(() => Sentry.init({}))
Sentry.showReportDialog({eventId: 'a'})
Raven.config('https://a@o1.ingest.sentry.io/1').install()

// datadog-rum
DD_RUM.init({applicationId: 'a', clientToken: 'b', site: 'datadoghq.com'})
DD_RUM.onReady(() => 1)
DD_RUM.addAction('x', {})
DD_RUM.addError(new Error('x'))
DD_RUM.setUser({id: '1'})
DD_RUM.startSessionReplayRecording()
DD_LOGS.init({clientToken: 'b'})
DD_LOGS.logger.info('x', {a: 1})
DD_LOGS.createLogger('a')

// new-relic
newrelic.setCustomAttribute('a', 'b')
newrelic.addPageAction('x', {})
newrelic.noticeError(new Error('x'))
newrelic.setPageViewName('x')
newrelic.interaction().setName('x').save()
newrelic.addRelease('a', '1')

// dynatrace
dtrum.enterAction('x')
dtrum.leaveAction(dtrum.enterAction('x'))
dtrum.identifyUser('id')
dtrum.reportCustomError('a', 'b')
dtrum.sendSessionProperties({}, {}, {})

// appdynamics
ADRUM.report({})
ADRUM.markVirtualPageBegin('x')
ADRUM.markVirtualPageEnd()
ADRUM.command('addUserData', 'a', 'b')

// bugsnag
Bugsnag.start({apiKey: 'a'})
Bugsnag.notify(new Error('x'), (event) => 1)
Bugsnag.setUser('1', 'a@b.test')
Bugsnag.leaveBreadcrumb('x')
Bugsnag.addMetadata('a', {b: 1})
bugsnag('key').notify(new Error('x'))

// rollbar
Rollbar.error('x', new Error('x'))
Rollbar.configure({payload: {}})
Rollbar.info('x')
Rollbar.critical('x', () => 1)

// raygun
rg4js('apiKey', 'a')
rg4js('enableCrashReporting', true)
rg4js('setUser', {identifier: 'a'})
rg4js('send', {error: new Error('x')})
rg4js('trackEvent', {type: 'pageView', path: '/'})

// optimizely
optimizely.push({type: 'event', eventName: 'x'})
optimizely.push({type: 'page', pageName: 'x'})
if (optimizely.get('state')) throw 'a state'

// vwo
VWO.push(['track.goalConversion', 1])
VWO.push(['onVariationApplied', () => 1])
_vis_opt_queue.push(() => 1)

// ab-tasty
_abtasty.push(['eventTracking', 'x', 'y'])

// convert
_conv_q.push(['triggerConversion', '1'])

// kameleoon
kameleoonQueue.push(() => 1)

// google-optimize
dataLayer.push({event: 'optimize.activate'})
gtag('event', 'optimize.callback', {callback: (value) => value})
google_optimize.get('id')

// pingdom-rum
_prum.push(['mark', 'firstbyte', 1])

// nosto
nostojs((api) => api.defaultSession())

// monetate
monetateQ.push(['trackData'])

// zoho-pagesense
pagesense.push(['trackEvent', 'x'])

// intercom
Intercom('boot', {app_id: 'a'})
Intercom('update')
Intercom('show')
Intercom('showNewMessage', 'hello')
Intercom('onUnreadCountChange', (count) => count)
Intercom('trackEvent', 'x', {})
Intercom('shutdown')

// drift
drift.load('a')
drift.on('ready', (api) => api.widget.hide())
drift.api.openChat()
drift.api.widget.hide()
drift.identify('1', {})
drift.track('x')

// zendesk-chat
zE('webWidget', 'open')
zE('messenger', 'show')
zE(() => 1)
zE('webWidget:on', 'open', () => 1)
$zopim(() => 1)
$zopim.livechat.window.show()
$zopim.livechat.setName('a')

// tawk
Tawk_API.maximize()
Tawk_API.toggle()
Tawk_API.hideWidget()
Tawk_API.setAttributes({name: 'a'}, (error) => 1)
if (Tawk_API.isChatMaximized() === true) throw 'open'

// crisp
$crisp.push(['do', 'chat:open'])
$crisp.push(['on', 'chat:opened', () => 1])
$crisp.push(['safe', true])
if ($crisp.is('chat:opened')) throw 'open'
$crisp.get('user:email')

// livechat
LiveChatWidget.call('maximize')
LiveChatWidget.on('ready', () => 1)
LC_API.open_chat_window()
LC_API.set_custom_variables([])

// olark
olark.identify('a')
olark('api.box.show')
olark('api.chat.onReady', () => 1)
olark.configure('system.hb_position', 'right')

// freshchat
fcWidget.init({token: 'a', host: 'b'})
fcWidget.open()
fcWidget.on('widget:loaded', () => 1)
fcWidget.user.setEmail('a@b.test')
if (fcWidget.isOpen()) throw 'open'

// tidio
tidioChatApi.open()
tidioChatApi.on('ready', () => 1)
tidioChatApi.setVisitorData({})
tidioChatApi.hide()

// helpscout
Beacon('init', 'id')
Beacon('open')
Beacon('identify', {})
Beacon('prefill', {})
Beacon('on', 'open', () => 1)

// gorgias
GorgiasChat.init().then((chat) => chat.open())
GorgiasChat.open()
GorgiasChat.on('message:received', () => 1)

// userlike
userlike.userlikeStartChat()
userlike.setData({})

// weglot
Weglot.initialize({api_key: 'a'})
Weglot.switchTo('fr')
Weglot.getCurrentLang()
Weglot.on('initialized', () => 1)

// algolia-insights
aa('init', {appId: 'a', apiKey: 'b'})
aa('setUserToken', 'id')
aa('clickedObjectIDsAfterSearch', {})

// usabilla
usabilla_live('click')
usabilla_live('trigger', 'x')
usabilla_live('data', {custom: {}})

// user-way
UserWay.widgetOpen()
UserWay.iconVisibilityOn()

// zoho-salesiq
$zoho.salesiq.floatwindow.visible('show')
$zoho.salesiq.visitor.name('a')

// hubspot-chat
HubSpotConversations.widget.load()
HubSpotConversations.widget.open()
HubSpotConversations.on('conversationStarted', () => 1)
if (HubSpotConversations.widget.status().loaded) throw 'loaded'

// smartsupp
smartsupp('chat:open')
smartsupp('name', 'a')
smartsupp('on', 'message', () => 1)

// jivochat
jivo_api.open()
jivo_api.setContactInfo({name: 'a'})
jivo_api.showProactiveInvitation('x')

// freshworks-widget
FreshworksWidget('open')
FreshworksWidget('identify', 'ticketForm', {})
FreshworksWidget('hide', 'launcher')

// uservoice
UserVoice.push(['identify', {}])

// survicate
_sva.setVisitorTraits({a: 1})
_sva.invokeEvent('x')
_sva.addEventListener('survey_displayed', () => 1)

// accessibe
acsbJS.init({statementLink: ''})

// youtube
var player = new YT.Player('p', {videoId: 'a', events: {onReady: () => 1}}); player.playVideo()
player.addEventListener('onStateChange', (event) => event.data == YT.PlayerState.PLAYING)
new YT.Player('p').getIframe().setAttribute('a', 'b')
YT.ready(() => 1)

// vimeo
var film = new Vimeo.Player('p', {id: 1}); film.on('play', () => 1)
film.play().then(() => 1).catch(() => 1)
film.getDuration().then((seconds) => seconds)
film.ready().then(() => 1)
film.setVolume(0.5)

// dailymotion
DM.player(document.body, {video: 'a'}).addEventListener('apiready', () => 1)
dailymotion.createPlayer('p', {video: 'a'}).then((player) => player.on('x', () => 1)).catch(() => 1)
dailymotion.getPlayer('p').then((player) => player.play())

// wistia
_wq.push({id: 'a', onReady: (video) => video.play()})
Wistia.api('a').bind('play', () => 1)
Wistia.api('a').play()

// twitch
new Twitch.Player('p', {channel: 'a'}).addEventListener(Twitch.Player.READY, () => 1)
new Twitch.Embed('p', {channel: 'a'}).getPlayer().setVolume(0.5)

// brightcove
bc('p').ready(() => 1)

// jwplayer
jwplayer('p').setup({file: 'a'})
jwplayer('p').on('play', () => 1)
jwplayer().getPosition()
jwplayer('p').setup({}).on('ready', () => 1)

// soundcloud
SC.Widget('p').bind(SC.Widget.Events.READY, () => 1)
SC.Widget('p').play()

// mapbox
mapboxgl.accessToken = 'a'
var map = new mapboxgl.Map({container: 'p'}); map.on('load', () => map.addLayer({}))
map.addControl(new mapboxgl.NavigationControl())
new mapboxgl.Marker().setLngLat([1, 2]).setPopup(new mapboxgl.Popup().setHTML('x')).addTo(map)

// maptiler
maptilersdk.config.apiKey = 'a'
new maptilersdk.Map({container: 'p', style: maptilersdk.MapStyle.STREETS}).on('load', () => 1)

// here-maps
var platform = new H.service.Platform({apikey: 'a'}); var layers = platform.createDefaultLayers()
var here = new H.Map(document.body, layers.vector.normal.map, {zoom: 1}); here.addObject(new H.map.Marker({}))
new H.mapevents.Behavior(new H.mapevents.MapEvents(here))

// bing-maps
var bing = new Microsoft.Maps.Map('#p', {}); bing.entities.push(new Microsoft.Maps.Pushpin(bing.getCenter()))
Microsoft.Maps.Events.addHandler(bing, 'click', () => 1)
Microsoft.Maps.loadModule('Microsoft.Maps.Search', () => 1)

// facebook-social
FB.init({appId: '1', version: 'v20.0'})
FB.XFBML.parse()
FB.Event.subscribe('edge.create', () => 1)
FB.ui({method: 'share', href: 'x'}, (response) => 1)
FB.AppEvents.logPageView()
FB.getLoginStatus((response) => 1)

// instagram-embed
instgrm.Embeds.process()

// x-embed
twttr.widgets.load()
twttr.ready((twttr) => 1)
twttr.events.bind('click', () => 1)

// tiktok-embed
tiktokEmbed.lib.render(document.querySelectorAll('x'))

// linkedin-embed
IN.parse(document.body)

// pinterest-embed
PinUtils.build()
PinUtils.pinOne({media: 'x'})

// disqus
DISQUS.reset({reload: true, config() { this.page.url = 'x' }})

// typeform
tf.load()
tf.createPopup('id')
typeformEmbed.makePopup('x', {})

// calendly
Calendly.initPopupWidget({url: 'https://calendly.com/x'})
Calendly.initInlineWidget({url: 'x', parentElement: document.body})
Calendly.initBadgeWidget({})
Calendly.closePopupWidget()

// adobe-fonts
Typekit.load({async: true})

// flourish
new Flourish.Live({container: '#p', api_key: 'a'})

// vidyard
VidyardV4.api.renderPlayer({uuid: 'a', container: document.body})
VidyardV4.api.renderDOMPlayers()
VidyardV4.players[0]
