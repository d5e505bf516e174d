/** First names of agents, from many places; one word each, ASCII. */
export const firstNames: readonly string[] = `
Ada Adele Agnes Aida Aisha Akira Alan Alba Albert Alice Alma Amara Amir Amy Ana Anders Andrea Angela Anil Anna Anton
Anya Ariel Arlo Arun Asa Astrid Aurora Axel Ayumi Barbara Basil Beatrix Ben Bertil Bianca Bjorn Boris Brigid Bruno
Camila Carl Carmen Cecilia Cedric Celia Chandra Chen Chiara Clara Claude Clement Conrad Cora Cyril Dagmar Daisuke Dalia
Daniel Dara David Deborah Demir Diana Diego Dmitri Dora Doris Edgar Edith Efua Eileen Elena Eli Elif Elin Elsa Emil
Emily Emma Enzo Eric Erika Ernesto Esther Eva Ezra Fabian Farah Fatima Felix Fiona Flora Francis Frank Freya Gabriel
Galina Gemma George Gerda Gia Gilbert Giulia Greta Gustav Hana Hanna Harald Harriet Hector Hedda Heidi Helen Henry Hilda
Hiro Hugo Ida Igor Ilse Imani Ines Ingrid Ira Irene Iris Isaac Isla Ivan Ivy Jack Jade Jakob James Jamila Jan Jasper
Jean Jelena Joan Jonas Jorge Josefa Juan Judith Julia Jun Kai Karim Karin Katya Keiko Kemal Kenji Kira Klara Knut Kofi
Kwame Lara Lars Laura Layla Lea Leif Lena Leo Leonor Liam Lidia Lila Linnea Lotte Louis Lucia Luis Luna Lydia Magda
Maja Malik Marco Margot Maria Marta Masha Mateo Maya Mei Melissa Mila Milo Mina Miriam Nadia Naomi Nasrin Nia Nikola
Nils Nina Noah Noor Nora Odile Olaf Olga Oliver Olivia Omar Oscar Otto Pablo Paula Pedro Pelle Petra Philip Pia Priya
Quentin Rafael Rahel Rana Ravi Rebecca Renata Rhea Rita Robin Rosa Rune Ruth Saba Salma Samir Sana Sara Selma Silas
Simone Sofia Soren Stella Sven Tamar Tara Tekla Teodor Thea Theo Tilda Timo Tomas Tove Ulla Uma Ursula Vera Viktor Viola
Wanda Wei Willem Wilma Xenia Yara Yasmin Yosef Yuki Yusuf Zahra Zara Zeno Zoe`
  .trim()
  .split(/\s+/)

/** Words for documents: plain English, lower-case ASCII letters, all different. */
export const words: readonly string[] = `
able above accent acorn across active actor adapt admiral adopt advent advice afar afternoon again agate agile agree ahead
aim air alarm alcove alder algebra alike alley almond almost alone along aloud alpine already also always amber amble ample
anchor ancient angle animal ankle annex answer antler anvil apple apricot april apron arbor arch arctic arena argue arise
armor aroma around arrow artist ascend ash aside ask aspen aster atlas atom attic august aunt autumn avenue awake award away
axis azure baker balance balcony ballad balloon balsam bamboo banjo banner barley barn baron barrel basalt basin basket
basso beach beacon bead beam bean bear beaver become bed beech beetle begin behind bell belong below belt bench bend berry
beside better between beyond bicycle birch bird biscuit bishop blanket blaze blend blink bloom blossom blue boat bobbin bold
bolt bonfire bonnet book boot border borrow bottle boulder bouquet bow bowl box branch brass brave bread breeze brick
bridge brief bright brim bring brisk broad bronze brook broom brother brown brush bubble bucket buckle bud buffalo bugle
build bulb bundle burrow bush butter button cabbage cabin cable cactus cake calm camel camera camp canal canary candle
canoe canopy canvas canyon cape captain caravan card careful cargo carol carpet carrot carve cascade castle catalog cattle
cause cavern cedar celery cellar cello cement center chain chair chalk chamber chance change channel chapel chapter charm
chart chase cheer cherry chest chestnut chief chime chimney chisel choice choose chorus circle citrus city clay clean clear
clerk clever cliff climb cloak clock close cloth cloud clover coach coast coat cobalt cobble cocoa coin collar color column
comb comet comma common compass copper coral cord cork corn corner cosmos cotton count courage course cousin cove cover
cradle crane crater crayon creek crescent crest cricket crisp crocus crossing crown crystal cuckoo cup current curtain
curve cushion custom cycle cypress daily dairy daisy dance dapple daring dawn day deck deep deer delta den desert desk dew
dial diamond dinner distant dive doctor dolphin dome door dove dozen draft dragon drama dream drift drum dune during dusk
eager eagle early earnest earth easel east easy echo edge eight either elbow elder elegant elk elm ember emerald empty end
engine enough entry envelope equal errand estate even evening ever every exact excel exit explore fable fabric falcon fall
family famous farm fast father fathom feather fennel fern ferry festival fiber fiddle field fig figure finch find fine
finger fir fire first fish five flag flame flannel flask flat flax fleet flicker flint float flock flood floor flour flow
flower flute fly foam fog fold follow forest forge fork form fort forward fossil fountain fox frame free fresh friend fringe
frog frost fruit full funnel further gable galaxy gallery gallop gannet garden garland garlic garnet gate gather gentle
geyser giant gift ginger glacier glad glance glass gleam glen glide globe glove glow goat gold goose gorge gourd grain
granite grape grass gravel gray great green greet grove guard guest guide guitar gulf gull habit half hall hammer hamlet
hammock hand handle happy harbor hard harmony harp harvest hat haven hawk hay hazel head healthy heart heath heather hedge
helm help herald herb heron hidden high hill hinge history hold hollow holly home honest honey hood hook hope horizon horn
horse hour house hover human humble hundred hunter hush ice idea idle image inch index indigo ink inlet inn insect inside
iron island ivory jacket jam jar jasmine jasper jaunt jelly jetty jewel join journey joy judge juice july jump june juniper
just keel keen keep kernel kettle key kind kindle king kitchen kite kitten knee knot know label lace ladder lady lagoon
lake lamp land lane lantern lapel large lark last late lattice laugh laurel lavender lawn layer lead leaf learn leather
ledger left legend lemon length lentil letter level library lichen light lilac lily lime limestone linden line linen lintel
lion listen little lively lizard loaf local lodge loft logic long look loom loop lotus loud low loyal lucky lull lumber
lunar lute lyric magnet magpie mahogany main make mallet mandolin mango mantle many map maple marble march margin marigold
marina market marsh mason mast match matter maybe meadow measure medal melody melon member memory mend merchant merry
message metal meteor middle midnight mild mile milk mill mimosa mineral minnow mint minute mirror mist mitten model modern
moment monday moon moor moose morning mosaic moss moth mother motion mountain mouse mulberry muse museum music mustard
mute myrtle narrow nation native nature near nectar needle neighbor nest nettle never new next night nimble nine noble
north notch note novel november now number nutmeg oak oar oasis oat object ocean ochre october olive onion only onward opal
open opera orange orbit orchard orchid order organ origin oriole other otter outer oval oven over owl oyster packet paddle
page painter palace palm panel pantry paper parade parcel parlor parrot parsley parsnip partner passage pasture patch path
patient pattern pause peach peacock pear pearl pebble pecan pedal pelican pencil pennant people pepper perch perfect
perhaps petal phrase piano picnic picture pier pigeon pilgrim pillar pillow pilot pine pioneer pipe pistachio pitch place
plain planet plank plant plate plateau play plaza pleasant plenty plot plow plum plume pocket poem poet point polar polish
polite pond pony pool poplar poppy porch port postcard potato potter powder prairie present press pretty prime primrose
prism prize promise proof proud prune puddle puffin pulse pumpkin puppet purple purse puzzle quail quaint quarry quart
quarter quartz queen quest quick quiet quill quilt quince quite rabbit radio radish raft rain rainbow raisin ramble ranch
range rapid rare raven reach ready real reason record reed reef refrain region relay remember rest return review rhyme
rhythm ribbon rice ridge right ring ripe ripple rise river road robin rocket roof room root rope rose round route rowan
royal ruby rudder rug rural rush russet rustic rye saddle saffron sage sail salad salmon salt same sand sandal sapling
sapphire satchel satin saturday sauce scale scarf scarlet scene school science scout sea search season seat second secret
seed sequoia serene settle seven shade shadow shallow shape share shawl sheep shelf shell shelter shield shine ship shore
short shoulder shrub shutter sickle side sign signal silent silk silver simple since sing single sister six sketch skill
sky slate sleep sleeve sleigh slope slow small smile smith smoke smooth snail snow soft soil solar solid some song soon
sorrel sound soup south space spade spark sparrow special spice spider spin spindle spiral splash spoon spring sprout spruce
square squirrel stable staff stage stairs stamp star start station statue stay steady steam steel stem step stick still
stitch stone stool store stork storm story stove straw stream street string strong studio sturdy subtle sugar summer summit
sun sunday sunset supper sure surf surprise swallow swan sweater sweet swift swim symbol syrup table tailor tale talent
tall tandem tangle tapestry tarragon tavern teach teapot temple ten tender tent terrace thatch theater thicket thimble
third thistle thread three thrift thrush thunder thursday thyme ticket tide tiger tile timber time tin tiny toast together
token tomato tone topaz torch tortoise total toward tower town trace track trade trail train travel treasure tree trellis
tribute true trumpet trunk trust tulip tundra tune tunnel turban turnip turtle twelve twenty twig twilight twin twine two
umber umbrella uncle under unity until upland upon upper urban urn useful usual valley vanilla vase velvet vendor verse very
vessel view village vine violet violin visit vivid voice volcano voyage wagon walk wall walnut walrus wander warbler warm
watch water wave wax weather weave wednesday week welcome well west whale wharf wheat wheel when whisper whistle white whole
wicker wide wild willow wind window wine winter wisdom wish wonder wood wool word work world wren write yard yarn year
yellow yesterday yew yonder young zebra zenith zephyr zest zigzag zinc`
  .trim()
  .split(/\s+/)
