"""Label words: what stands before a colon without being a person, what services call people, and common first names."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTION_WORDS = _words(
    "a an the is are was were be been am to in on for it its this that these those i we they he she so then here"
    " there what which who when how why if but because not no yes with from as at my your our their his her have"
    " has had do does did can could would will should just like about also only very more most some any all each"
    " every one two three four five six seven eight nine ten first second third fourth fifth last next other"
    " another now today tomorrow or by than too well okay ok right sure says said means called asked of us let"
    " lets"
)
SAID_BEFORE_A_COLON = _words(
    "problem problems result results note notes question questions answer answers example examples step steps"
    " point points option options plan plans goal goals agenda summary action actions item items date time times"
    " subject price prices pricing total cost costs budget budgets timeline topic topics issue issues risk risks"
    " decision decisions owner deadline due status update updates reason reasons fact facts idea ideas tip tips"
    " warning caution important remember conclusion conclusions recap takeaway takeaways overview background"
    " context scope phase stage part parts section chapter number amount quantity rate percent percentage discount"
    " terms payment invoice order contract proposal offer requirement requirements feature features benefit"
    " benefits advantage advantages pro pros con cons strength strengths weakness weaknesses opportunity"
    " opportunities threat threats pain need needs impact situation implication solution solutions challenge"
    " challenges concern concerns objection objections priority priorities metric metrics criteria criterion"
    " process champion economic buyer competition version release source link url website web http https email"
    " e-mail mail phone telephone tel mobile fax address attachment attachments ref re fw fwd ps nb fyi faq eta"
    " etc aka i.e e.g key quick big bottom line thing things simple short long good bad best worst case news fun"
    " main final initial current previous new old open follow followup follow-up up back side hint catch caveat"
    " detail details description type kind name names title location place room duration length participants"
    " attendees invitees present absent apologies recorded recording transcript transcription created generated"
    " copyright page day week month year monday tuesday wednesday thursday friday saturday sunday january february"
    " march april june july august september october november december morning afternoon evening quote headline"
    " message messages comment comments feedback observation observations assumption assumptions hypothesis lesson"
    " lessons learned learnings milestone milestones deliverable deliverables task tasks todo to-do list outcome"
    " outcomes objective objectives purpose method approach strategy tactic tactics vision mission value values"
    " revenue profit margin sales volume target targets forecast quarter q1 q2 q3 q4 before after verdict upshot"
    " translation bonus disclaimer spoiler truth story moral theory rule rules law principle proposition scenario"
    " start end net ratio score level grade rank result-wise basically meaning meanwhile however therefore thus"
    " hence namely specifically finally firstly secondly thirdly lastly additionally alternatively otherwise"
    " overall anyway"
)
GREETINGS = _words("dear hi hello hey thanks thank sorry bye goodbye welcome congratulations")
SOUNDS = _words(
    "music musik applause laughter laughs laughing laugh chuckles chuckle chuckling cough coughs coughing sigh"
    " sighs sighing inaudible unintelligible crosstalk overlapping silence pause pauses noise noises background"
    " static beep beeping ringing ring rings phone dial tone typing keyboard door closes opens slams knock"
    " knocking breathing breath sniff sniffs clears throat foreign language speech speaking indistinct chatter"
    " blank_audio blank audio sound sounds bell cheering cheers clapping whispering whispers crying gasps hum"
    " humming sings singing playing continues fades upbeat soft gentle dramatic theme intro outro redacted bleep"
    " censored pii no speaker video off mic muted unclear sneezes yawns groans scoffs screaming shouting barking"
    " dog baby line drops hold"
)
IDENTIFIER = re.compile(
    r"(?:(?:unknown|unidentified|external|internal|new)\s)?"
    r"(?:speaker|spk|spkr|sprecher(?:in)?|locuteur|hablante|orador|falante|parlante|participant|person|voice|channel"
    r"|ch|user|guest|caller|callee|agent|customer|client|rep|representative|salesperson|seller|prospect|buyer|host|co-?host"
    r"|presenter|interviewer|interviewee|respondent|moderator|facilitator|operator|manager|coach|employee|advisor"
    r"|consultant|doctor|patient|male|female|internal|external|contact|bot|assistant|system|inbound|outbound|remote|local"
    r"|attendee|me|them|you)(?:[\s_#.-]*(?:no\.?|\u2116)?\s*(?:\d{1,3}|[a-z]))?",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
TELEPHONE = re.compile(r"(?:tel:|sip:)?\+?[\d(][\d\s()*x.\u2022-]{4,22}[\d*x\u2022]")
DEVICE = re.compile(
    r"iphone|ipad|galaxy|pixel \d|macbook|android|huawei|oneplus|meeting room|conference room|boardroom|zoom room"
    r"|\b(?:room|raum|sala|salle) [a-z]?[.-]?\d",
    re.IGNORECASE,
)
PRONOUNS = _words("me you them")  # as some services call who records and who else speaks
PARTICLES = _words(
    "de del della der den des di da das do dos du e el la le les van von vom zu zur zum ter ten te af av bin ibn"
    " al ben y i und and et & ap st"
)
FIRST_NAMES = _words(
    "aaron abdul abigail adam adele aditi adrian agnes ahmed aisha akira alan albert aleksandr alessandro alexei"
    " alice alicia ali alina alison amara amelia amir amy ana anand andre andrea andreas andrej angela anita"
    " anjali ann anna anne annika antonio anya ari arjun arthur asha ashley astrid audrey ava axel ayesha beatrice"
    " bella bernard bianca bjorn bo brad brenda brian bridget bruno caleb cameron camila carl carla carlos carmen"
    " carol caroline cecilia celine chen chloe claire clara claudia clive colin connor craig cristina cynthia dana"
    " daniela daria darren deepa dennis derek diana diego dieter dina dmitri dominic doris douglas duncan dylan"
    " elena eli elias elif ella ellen ellie elsa emil emilia emily emma eric erik erika esther ethan eva evelyn"
    " fabian farah fatima felix fernando fiona florian frances francesca frank freya gabriel gabriela gavin geoff"
    " george georgia gina giovanni giulia gloria gordon graham greta gustav hana hannah hans harriet hassan"
    " heather hector heidi helen helena helga henrik hiro hugo ian ibrahim ida ines inga ingrid irene iris isaac"
    " isabel isabella ivan jaime jan jana jane janet jasmine jason javier jean jeff jenna jens jeremy jesus jim"
    " jin joan joanna joel johan johanna jordan jorge jose josef judith judy julia julian julie jun jung justin"
    " kai karen karim karin karl karolina katarina kavya keith kelly kevin khalid kim kiran klaus kofi kristin"
    " kumar kyle lars laura lauren lea lee leila lena leo leon leonie leslie li lila lily lin lina linda lisa liv"
    " lorenzo louis louise lucas lucia lucy luis luke lukas lydia magnus mai malik manuel marc marcel marco marcus"
    " maria marie marina mario mark marion marta martha martin martina mary mateo mathias max maya mei mehmet mia"
    " michelle miguel mila milan mina miriam mohamed mohammed monica moritz mustafa nadia naomi natalia natalie"
    " neil nelson nia nick nicole niels nigel nikhil nikolai nils nina noah noor nora norman olga oliver olivia"
    " omar oscar otto owen pablo paola paul paula pauline pavel pedro pia pierre piotr priya rachel rafael raj"
    " rahul ralph ramon rania raul ravi rita robin rohan roland rosa rosie ross roy ruth ryan sabine sally sandeep"
    " sanjay sara sarah sasha sean sebastian selma serena sergei shannon sharon shirley sid silvia simon simone"
    " sofia sonia sophia sophie stefan stella stuart sunil sven sylvia tamara tanya tara tariq teresa thea tobias"
    " todd tomas tony tracy trevor ulrich uma ursula valentina vanessa vera vikram viktor vivian vladimir walter"
    " abel angel basil bill bob chase christian chuck crystal dawn dean dolly don drew ernest faith frank gene ginger"
    " grace grant guy hank harry hazel heather henry herb holly homer hope hunter ivy jack jade jay jimmy josh joy"
    " lance mark mercy miles nick norm patience penny peter ray rich rob rod rose ruby sandy scarlett sonny spencer"
    " sue terry trinity tyler victor violet wade will willow woody aj bj cj dj jd jj jp jt kc mj pj rj tj"
    " wanda wei wendy wolfgang xavier yan yara yasmin yuki yusuf yves yvonne zara zhang zoe zuzana"
)
