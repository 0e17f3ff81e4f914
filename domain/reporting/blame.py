"""Words that blame a person instead of saying what is wrong, in English and French (S80, S92).

Rules of grammar and not a list of sentences: who is meant (you, them, a role, a name), and what is said of them (a
fault, what they should have done, what they broke, what they are). A negated fault and a fault of one's own are none.

A language is covered once 9 of 10 sentences that are found are blame, on sentences by another writer (`python -m bench
blame`). German (8 of 10) and Spanish (nothing found) are not. What is found is at most one reproach in five, so nothing
found is no proof that no one is blamed.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

ROLE = (
    r"(?:users?|end[- ]?users?|operators?|admins?|administrators?|colleagues?|developers?|devs?|"
    r"programmers?|testers?|"
    r"trainers?|consultants?|vendors?|suppliers?|contractors?|managers?|agents?|cashiers?|nurses?|"
    r"clerks?|customers?|"
    r"clients?|people|staff|employees?|interns?|trainees?|teams?|department|office|guys?|folks|"
    r"finance|accounting|"
    r"payroll people|hr|support|it|sales|logistics|team lead|person|reporters?|requesters?)"
)
WHO = (
    r"(?:you(?: (?:people|guys|lot|all|folks))?|he|she|they|(?:some|any|every)(?:one|"
    rf"body)(?: in [\w ]{{2,20}})?|whoever|"
    rf"<@\w+>|(?:the|your|those|these|that|this|our|their|his|her|some|most|all|stupid|typical) "
    rf"(?:\w+ )?{ROLE}|users|people|operators|admins|colleagues|developers)"
)
WHOM = (
    r"(?:you|him|her|them|yourself|yourselves|themselves|himself|herself|<@\w+>|(?:the|your|those|"
    rf"these|our|their) (?:\w+ )?{ROLE}|users)"
)
HOW = (
    r"(?:(?:really|clearly|obviously|simply|just|probably|apparently|again|once again|always|all|also|"
    r"certainly|totally|completely|again,|even|then|people|yet again|only|very|too|so|such(?: an?)?|"
    r"an?|still|well|must have|have|has|had|'ve)\s+)*"
)
BE = r"(?:\s+(?:is|are|was|were|must be|must have been|seems?(?: to be)?|being)|'s|'re)\s+"
ACT = (
    r"(?:known?|read|check(?:ed)?|test(?:ed)?|listen(?:ed)?|ask(?:ed)?|pa(?:y|id)|notice[d]?|th(?:ink|"
    r"ought)|look(?:ed)?|"
    r"learn(?:ed|t)?|follow(?:ed)?|attend(?:ed)?|t(?:ell|old)|sa(?:y|id)|report(?:ed)?|warn(?:ed)?|"
    r"reali[sz]ed?|do(?:ne)?|"
    r"tr(?:y|ied)|verif(?:y|ied)|validated?|back(?:ed)? up|saved?|double[- ]check(?:ed)?|"
    r"remember(?:ed)?|understood|"
    r"been (?:more |paying|careful|trained|prepared|aware)|come|kept|made sure|waited|prepared|"
    r"planned|spoken|mentioned|"
    r"used|entered|clicked|caught|spotted|seen (?:this|that|it) coming|stopped|prevented|avoided|"
    r"informed|written|"
    r"left|thought|cared|bothered|opened your|raised|escalated|logged|documented|communicated)"
)
NOT_ACT = (
    r"(?:read|listen|pay(?:ing)? attention|bother|follow|check|test|think|learn|care|attend|look|ask|"
    r"tell|report|"
    r"inform|do (?:your|their|his|her) (?:job|homework|work)|use (?:your|their) (?:head|brain|eyes))"
)
BREAK = (
    r"(?:broke|broken|break|breaks|ruin(?:ed|s)?|mess(?:ed|es)? (?:\w+ ){0,3}up|messed with|"
    r"screw(?:ed|s)? (?:\w+ ){0,3}up|"
    r"botch(?:ed)?|wreck(?:ed)?|destroy(?:ed)?|cause(?:d|s)? (?:this|it|that|all|the|our|another)|"
    r"crash(?:ed)? (?:it|the|our|this)|"
    r"kill(?:ed)? (?:it|the|our)|sabotage[d]?|spoil(?:ed|t)?|bungled|trashed|"
    r"f\w*ck(?:ed)? (?:\w+ ){0,2}up|corrupted|"
    r"brought (?:it|this|everything|the \w+) down|took (?:it|the \w+) down)"
)
TRAIT = (
    r"(?:stupid|dumb|lazy|clueless|incompetent|careless|sloppy|ignorant|useless|unprofessional|"
    r"negligent|irresponsible|"
    r"inattentive|hopeless|dense|idiots?|idiotic|morons?|fools?|foolish|amateurs?|amateurish|"
    r"incapable|slow to learn|"
    r"to blame|at fault|guilty|the (?:one|only one|person|reason|cause) (?:who|why|that|of|here)|"
    r"the (?:real |only )?problem\b|"
    r"responsible for (?:this|that|all|the (?:mess|problem|outage|error|failure|incident|damage|"
    r"chaos))|too \w+ to|"
    r"not (?:able|capable|smart|clever|bright)|unable to (?:read|follow|use|understand))"
)
AFTER_NOUN = (
    r"(?!\s+(?:report|message|messages|log|logs|handling|code|codes|page|screen|rate|rates|number|"
    r"ticket|dialog|text|id))"
)
FAULT = (
    r"(?:fault|mistakes?|doing|blunders?|screw[- ]?ups?|negligence|carelessness|incompetence|"
    r"ignorance|stupidity|laziness|sloppiness|mess)"
)

# A negation or a condition before these makes them none.
DENIABLE_ENGLISH = (
    (
        rf"\b(?:your|his|her|their|(?:the |your |our )?\w+'s|(?:the |your )?{ROLE}') (?:own |very own |"
        rf"stupid |usual )*{FAULT}\b"
    ),
    rf"\b(?:your|his|her|their) (?:own )?error\b{AFTER_NOUN}",
    (
        r"\b(?:user|operator|human|pilot|pebkac|layer[- ]?8|admin|handling|people|"
        rf"id10t)(?:'s)?[- ](?:error|mistake|failure|problem|issue|fault|stupidity)s?\b{AFTER_NOUN}"
    ),
    r"\b(?:pebkac|pebcak|id10t|layer[- ]?8|skill issue|picnic error)\b",
    rf"\btypical(?:ly)? (?:of )?(?:{WHOM}|{ROLE})\b",
    (
        r"(?:\bis|\bwas|'s|\bare|\bfalls|\blies|\brests)\s+(?:all |entirely |purely |solely |completely |"
        r"squarely |100 ?% |fully |totally |only )*(?:on|with|down to|"
        rf"up to) {WHOM}\b(?!\s+(?:to (?:decide|choose|pick|say|confirm)|if|whether|when|which|how|from|"
        r"again|now|shortly|soon|today|tomorrow))"
    ),
    rf"\b(?:blam(?:e|es|ed|ing)) (?:it on |this on |that on )?(?:{WHOM}|(?:some|any)(?:one|body))\b",
    rf"\b{WHO}{BE}{HOW}{TRAIT}",
    (
        rf"\bwhoever (?:\w+ ){{1,5}}(?:is|was|were|must be|must have been) {HOW}{TRAIT}|\bon (?:your|his|"
        r"her|their) part\b"
    ),
    (
        r"\b(?:stupid|dumb|lazy|careless|clueless|incompetent|sloppy|ignorant|useless|"
        rf"idiotic) (?:\w+ )?(?:{ROLE}|mistake of (?:yours|theirs))\b"
    ),
    (
        rf"\b(?:caused|broken|ruined|triggered|messed up|introduced|made) by (?:{WHOM}|{ROLE}|careless\w*|"
        rf"incompeten\w*|(?:the |an? )?{ROLE})\b(?! (?:group|role|settings?|request|type|interface|load|"
        r"account|id|table))"
    ),
    (
        r"\b(?:fault|mistake|error|blame|responsibility|negligence) (?:of|lies with|is with|sits with|"
        rf"with|on|is on) {WHOM}\b"
    ),
    (
        rf"\b{WHO} (?:\w+ )?(?:did|do|does|doing|done|used?|using|clicked|typed|entered|entering|picked|"
        r"chose|put|select(?:ed)?|set|configured|filled|installed|sent|handled|"
        rf"pressed) (?:\w+ ){{0,3}}?(?:wrong|wrongly|incorrectly|improperly|carelessly)\b"
    ),
    (
        r"\b(?:you're|they're|he's|she's|you are|they are) (?:just |simply |clearly |always )?(?:doing|"
        r"using|holding|entering|reading|clicking|filling) (?:\w+ ){0,3}(?:wrong|wrongly|incorrectly)\b"
    ),
    (
        rf"\b{WHO} {HOW}ma(?:de|ke|kes|king) (?:an?|the|another|this|that|such an?|the same|these|too many|"
        r"so many)? ?(?:\w+ )?(?:mistakes?|errors?|mess|blunders?)\b"
    ),
)
PLAIN_ENGLISH = (
    rf"\b{WHO} {HOW}(?:should|could|might|ought to)(?: have|'ve|of) {HOW}{ACT}\b",
    (
        rf"\b{WHO} {HOW}should(?:n't| not| never)(?: have|'ve) (?!had to|been (?:able|asked|affected|"
        r"charged|told|billed|locked|logged|forced|shown|sent|blamed)|received|got|gotten|to\b|seen|any|"
        r"lost|experienced|needed)\w+"
    ),
    (
        r"\b(?:did|do|does|have|has|can|could|would|don't|didn't|haven't|can't|"
        rf"couldn't) {WHO} {HOW}(?:even|ever|bother(?:ed)?|at least|never) \w+"
    ),
    (
        rf"\b(?:did|do|does|have|has|can) {WHO} (?:actually|really|seriously) (?:read|listen(?:ed)?|think|"
        r"thought|look(?:ed)?|test(?:ed)?|check(?:ed)?|understand|know)\b"
    ),
    (
        rf"\b(?:don't|didn't|haven't|can't|couldn't|won't) {WHO} (?:just |simply |people |guys )?(?:read|"
        r"listen(?:ed)?|know|follow(?:ed)?|check(?:ed)?|test(?:ed)?|think|look|learn(?:ed)?|care|pay|"
        r"see that|understand|do (?:anything|something|your))\b"
    ),
    (
        r"\bwhy (?:did(?:n't)?|do(?:n't)?|does(?:n't)?|can(?:'t)?|would(?:n't)?|could(?:n't)?|must|are|is|"
        rf"have(?:n't)?) {WHO} (?:not |always |never |keep |just |even |simply )*(?:read|ask|check|test|"
        r"tell|report|follow|listen|say|think|touch|change|delete|click|do (?:this|that|it|such|"
        r"something)|break|forget|ignor\w+|pay|look|learn|mess|wait (?:so long|until)|unable|so)\b"
    ),
    (
        r"\bhow (?:could|can) (?:you|he|she|they|anyone|anybody|someone)\b(?! (?:help|get|see|reach|find|"
        r"do|use|add|change|open|tell|report|reproduce|check|log))"
    ),
    (
        rf"\bhow did (?:you|he|she|they) manage to\b|\bwhat (?:were|was) {WHO} thinking\b|"
        r"\bwhat did you (?:do|break) (?:now|this time|again)\b"
    ),
    (
        r"\bwho (?:the \w+ )?(?:broke|messed|screwed|did this|ruined|touched|was stupid|is to blame|"
        r"is responsible for this|approved this|let this)\b|\bwhose (?:fault|mistake|stupid)\b"
    ),
    rf"\b{WHO} {HOW}{BREAK}\b",
    (
        rf"\b{WHO} {HOW}(?:fail(?:ed|s)? to|neglect(?:ed|s)? to|forgot(?:ten)?(?: to|\b)|forgets? to|"
        r"couldn't be bothered|can't be bothered|refuse[ds]? to (?:read|listen|learn|follow)|ignored?|"
        r"overlooked|did ?n[o']t bother|never bother(?:ed|s)?|doesn't bother|do(?:es)? ?n[o']t care|"
        r"did ?n[o']t care)\b(?! (?:password|username|login))"
    ),
    (
        rf"\b{WHO} {HOW}(?:never|did ?n[o']t|do ?n[o']t|does ?n[o']t|have ?n[o']t|has ?n[o']t|ca ?n[o']t|"
        rf"won't|wo ?n[o']t) {HOW}{NOT_ACT}\b"
    ),
    (
        rf"\b{WHO} (?:clearly|obviously|apparently|simply|just) (?:did ?n[o']t|do ?n[o']t|does ?n[o']t|"
        r"have ?n[o']t|have no|has no|ca ?n[o']t|don't) \w+"
    ),
    (
        rf"\b{WHO} (?:have|has|had) no (?:idea|clue) (?:what|how|about)\b|\b{WHO} (?:do|does)(?: not|"
        r"n't) (?:know|understand) (?:what (?:you|they|he|she)|how to (?:do|use|work|read)|your|their|"
        r"the (?:basics|first))"
    ),
    (
        r"\b(?:you|they|he|she|users|people)(?: people| guys| lot)? (?:always|keep|keeps|constantly|"
        r"continually|never stop) (?:break|mess|forget|do(?:ing)? (?:this|that|it)|mak(?:e|ing)|complain|"
        r"ignor|caus|enter\w* the wrong|click\w* the wrong|screw|get\w* (?:this|it) wrong|blam|"
        r"ask\w* the same)\w*"
    ),
    (
        rf"\b(?:because|since|all because|only because) (?:of (?:{WHOM}|your (?:team|carelessness|mistake|"
        rf"error|negligence))\b|{WHO} (?:did ?n[o']t|never|failed|forgot|ignored|broke|messed|deleted|"
        r"entered|clicked|used|changed|were too|was too|can't|couldn't))"
    ),
    (
        r"\b(?:you|they|he|she|users) (?:were|was|have been|had been|'ve been) (?:clearly |already |"
        r"repeatedly )?(?:told|warned|instructed|trained|supposed to|meant to|"
        r"informed)\b(?! (?:that (?:it|we|the)|by us|about the (?:fix|delay|outage)))"
    ),
    (
        r"\bif (?:you|he|she|they|users|people) (?:had|'d|would have|would|hadn't|"
        rf"had not) (?:\w+ )?{ACT}\b|\bhad (?:you|he|she|they|users) (?:\w+ )?{ACT}\b|\bif only (?:you|"
        r"they|he|she|users)\b|\bif (?:you|they|users) (?:bothered|only|could just|would just)\b"
    ),
    (
        r"\bif you(?:'d| had)? (?:bothered|cared|knew what|paid attention)\b|\byou had one job\b|"
        r"\bonly (?:yourself|yourselves|himself|herself|themselves) to blame\b|\bno one to blame but\b|"
        r"\bonly have (?:yourself|yourselves|himself|herself|themselves) to blame\b|"
        r"\bcan't believe (?:that )?(?:you|they|he|she)\b|\bwhat happens when (?:you|they|people|users)\b"
    ),
    (
        rf"\b(?:clearly|obviously|once again|again|as usual|of course|yet again),? {WHO} (?:did|didn't|"
        r"have|haven't|has|can't|don't|doesn't|were|was|are|is|broke|forgot|failed|messed|ignored|never)\b"
    ),
    (
        r"\b(?:any|only an?|what an?|which|such an?|an?) (?:idiot|moron|fool|child|imbecile|halfwit|"
        r"amateur)s?\b|\bidiots\b|\bmorons\b|\brtfm\b|\beven a child\b|\bhow (?:stupid|dumb|hard can|"
        r"difficult can|careless)\b|\bnot rocket science\b|\bcommon sense\b"
    ),
    (
        r"\b(?:it )?works (?:fine |perfectly |just fine )?(?:on my (?:machine|computer|laptop|pc|end)|"
        r"for (?:everyone|everybody|all) else)\b|\b(?:no ?one|nobody|everyone|everybody) else (?:has|have|"
        r"had|manages|can|gets|understands|knows|seems to|managed|complains)\b"
    ),
    (
        r"(?:^|[.!?]\s*|\b(?:go|just|maybe|perhaps|next time|first|then) (?:and |please |to )?|"
        r"\btry (?:to )?)read(?:ing)? (?:the|your|that|our) (?:\w+ )?(?:manual|docs?|documentation|"
        r"instructions?|guide|faq|mails?|emails?|handbook|training material)s?\b(?! (?:page|for|at|here|"
        r"on|from|which|that|we|if))"
    ),
    (
        r"\bread the (?:bloody|damn|f\w+|friendly|whole|actual) \w+|\bnext time,? (?:you |maybe |perhaps |"
        r"please |just |try |do )*(?:read|think|check|ask|pay|be|look|listen|test|use|don't|tell|to)\b|"
        r"\blearn (?:how )?to (?:read|use|type|listen|follow|do your)\b"
    ),
    (
        r"\b(?:please |maybe |perhaps |just |try to |you need to |you have to |you must |"
        r"should )*(?:pay (?:more |better |some )?attention|"
        r"(?<!we'll )(?<!we will )(?<!i'll )(?<!i will )be more careful|use your (?:head|brain|eyes)|"
        r"think before|open your eyes|do your (?:job|homework)|get your act together|"
        r"get it right for once|try (?:thinking|reading|listening))\b"
    ),
    (
        r"\bas (?:i|we)(?:'ve| have)? (?:already |repeatedly |clearly )*(?:told|said to|explained to|"
        r"warned) you\b|\b(?:i|we)(?:'ve| have)? (?:already )?(?:told|warned|explained (?:this |"
        r"it )?to) you (?:\w+ )?(?:already|before|times|so|twice|again|not to)\b|\b(?:i|we) told you\b|"
        r"\bhow (?:many times|often) (?:do|have|must|should|did)\b"
    ),
    (
        r"\b(?:that's|this is|it's|that is|sounds like|looks like) (?:just |really |entirely |"
        r"only )?(?:your|their|his|her) (?:own )?problem\b(?! (?:is|was|here|that|ticket|report))|"
        r"\byou get what you\b|\bserves (?:you|them|him|her) right\b|\b(?:shame on|thanks a lot to|"
        r"thank) (?:you|them) for (?:breaking|ruining|messing|nothing|not)\b|\bshame on (?:you|them|him|"
        r"her)\b|\bwhat did you expect\s*[?!.]*$"
    ),
    (
        r"\b(?:between|in front of|behind) (?:the )?(?:chair and (?:the )?keyboard|"
        r"keyboard and (?:the )?chair|screen and (?:the )?chair|keyboard|screen|monitor)\b(?=.*\b(?:sits?|"
        r"problem|issue|error|lies)\b)|\b(?:problem|issue|error) (?:is|sits|lies|exists|was)\s+(?:between|"
        r"in front of|behind) the (?:chair|keyboard|screen|monitor|computer)"
    ),
)
# A person's name, which only these say of a person.
NAMED = (
    (
        r"\b(?!(?:The|This|That|It|We|I|Our|My|System|Server|Excel|SAP|Slack|Windows|Today|Yesterday|"
        r"There|What|Which|Import|Export|Report|"
        r"Update)\b)[A-Z][a-z]{1,15}(?: [A-Z][a-z]{1,15})? (?:should have (?:known|read|checked|tested|"
        r"asked|listened|told|noticed|paid|thought)|forgot to|didn't bother|never (?:reads|listens|checks|"
        r"asks|tests|pays)|messed (?:\w+ )?up|screwed (?:\w+ )?up|is to blame|was careless|is incompetent|"
        r"is careless|broke (?:it|this|the|our|everything))\b"
    ),
)
NEGATED = re.compile(
    (
        r"\b(?:not|no|never|nobody|no one|none|nothing|without|hardly|neither|nor|cannot|isn't|wasn't|"
        r"aren't|weren't|don't|doesn't|didn't|won't|wouldn't|can't|shouldn't|haven't|hasn't|rather than|"
        r"instead of|stop|avoid)\b(?! (?:only|just))(?:(?!\bbut\b)[^.!?;:])*$"
    ),
    re.IGNORECASE,
)
ASKED = re.compile(r"\b(?:if|in case|unless|whether|when|once|until|so that|before|that way)\s*$", re.IGNORECASE)

FRENCH_DENIABLE = (
    (
        r"\b(?:votre|ta|sa|leur) (?:propre )?(?:faute|négligence|bêtise|incompétence)\b|\b(?:votre|ton|"
        r"son|leur) (?:propre )?erreur\b|\b(?:à cause|par la faute) (?:de (?:vous|toi|lui|vos|ton|votre|"
        r"leur)|d'(?:eux|elle))\b"
    ),
    (
        r"\berreurs? (?:de l'|d'|des |de )(?:utilisateurs?|opérateurs?|manipulation|utilisation|"
        r"humaine)\b|\berreurs? (?:utilisateurs?|humaines?)\b|\bproblème entre la chaise et le clavier\b|"
        r"\btypique des? utilisateurs?\b"
    ),
    (
        r"\b(?:vous êtes|tu es|ils sont|elles sont|il est|elle est|"
        r"les utilisateurs sont) (?:\w+ ){0,2}(?:responsables? (?:de|du)|coupables?|incompétente?s?|"
        r"stupides?|paresseux|paresseuses?|négligente?s?|nuls?|incapables?|fautifs?|trop (?:bêtes?|lents?|"
        r"stupides?))"
    ),
)
FRENCH = (
    (
        r"\b(?:vous auriez|tu aurais|il aurait|elle aurait|ils auraient|"
        r"les utilisateurs auraient) (?:\w+ )?(?:dû|pu)\b|\bauriez-vous pu au moins\b|"
        r"\bil fallait (?:lire|vérifier|tester|demander|écouter|réfléchir|le dire|prévenir)\b"
    ),
    (
        r"\b(?:avez-vous|as-tu|vous avez|tu as|est-ce que (?:vous avez|tu as)) (?:au moins|seulement|même|"
        r"seulement pris la peine)\b|\b(?:vous savez|tu sais) lire\b|\bsavez-vous lire\b|"
        r"\bcombien de fois (?:faut|dois|devons)\b"
    ),
    (
        r"\b(?:vous avez|tu as|ils ont|il a|elle a|les utilisateurs ont) (?:tout |encore |mal |"
        r"\w+ )?(?:cassé|planté|bousillé|gâché|foiré|saboté|provoqué|tout cassé|oublié de|ignoré|négligé|"
        r"mal (?:fait|lu|saisi|compris|utilisé|configuré))\b|\bc'est vous qui (?:avez|êtes)\b|"
        r"\bc'est toi qui (?:as|es)\b"
    ),
    (
        r"\b(?:vous|tu|ils|les utilisateurs) (?:ne |n')\w+ (?:jamais|pas|même pas) (?:lu|lire|écouté|"
        r"vérifié|testé|suivi|compris|fait attention|réfléchi)\b|\b(?:vous ne|tu ne|ils ne) (?:lisez|lis|"
        r"lisent|écoutez|écoutes|faites|comprenez|vérifiez) (?:jamais|rien|pas)\b|"
        r"\bfaites (?:donc )?attention\b|\blisez (?:donc|d'abord|la|le|les) (?:\w+ )?(?:manuel|"
        r"documentation|notice|guide)\b|\bimbéciles?\b|\bidiots?\b|\bqui a (?:cassé|fait ça|touché)\b|"
        r"\bpourquoi (?:n'avez-vous|n'as-tu|vous n'avez) pas (?:lu|vérifié|testé|demandé|dit|prévenu)\b|"
        r"\b(?:je|nous) vous (?:l'ai|l'avons|ai|avons) déjà (?:dit|expliqué)\b"
    ),
)


# By language: what a negation before it takes back, and what nothing does.
RULES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "en": (DENIABLE_ENGLISH, PLAIN_ENGLISH),
    "fr": (FRENCH_DENIABLE, FRENCH),
}
NEGATIONS = {
    "en": NEGATED,
    "fr": re.compile(
        r"(?:\b(?:pas|jamais|personne|sans|aucune?|ni|rien)\b|\bn'est\b|\bn'êtes\b)[^.!?;:]*$", re.IGNORECASE
    ),
}
NAMES = re.compile("|".join(NAMED))
QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|\"[^\"]*\"|`[^`]*`|^>.*$", re.MULTILINE)
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
LANGUAGES = tuple(RULES)


def find_blame(text: str, languages: Collection[str] = ("en",)) -> str:
    """Return the first words that blame a person, in these languages; "" when there are none.

    What is quoted is what someone else wrote, and doesn't count. Languages without rules are left out.
    """
    plain = QUOTED.sub(lambda found: " " * len(found[0]), text.replace("\u2019", "'"))
    for sentence in SENTENCE.findall(plain):
        found = next((words for language in languages for words in _in(sentence, language)), "")
        if found:
            return found.strip(" .,!?")
    return ""


def uncovered(languages: Collection[str]) -> list[str]:
    """Return the languages in which blame is not found."""
    return [language for language in languages if language not in RULES]


@cache
def _rules(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile the rules of a language at first use: they take longer than all other modules of the domain to load."""
    deniable, plain = RULES[language]
    return _any_of(deniable), _any_of(plain)


def _any_of(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _in(sentence: str, language: str) -> Iterator[str]:
    if language not in RULES:
        return
    deniable, plain = _rules(language)
    for found in plain.finditer(sentence):
        if not (language == "en" and ASKED.search(sentence[: found.start()])):
            yield found[0]
    for found in deniable.finditer(sentence):
        before, inside = sentence[: found.start()], found[0]
        denied = NEGATIONS[language].search(before) or re.search(r"\b(?:nothing|anything) wrong\b", inside)
        if not denied and not (language == "en" and re.search(r"\b(?:isn't|wasn't|not|aren't|no)\b", inside[:-12])):
            yield inside
    if language == "en":
        yield from (found[0] for found in NAMES.finditer(sentence))
