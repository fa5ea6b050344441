"""EBCDIC code pages by what differs from page 037, or from the one in EARLIER: each byte in
hexadecimal, and the character.

U+FFFE stands where a byte means nothing. Made by `python -m scripts.code_pages` from the tables of ICU 72,
which are IBM's. Source: IBM Character Data Representation Architecture.
"""

from __future__ import annotations

EARLIER = {
    "cp1364": "cp933",
    "cp1371": "cp937",
    "cp1388": "cp935",
    "cp1390": "cp930",
    "cp1399": "cp939",
}
DIFFERENCES = {
    "cp273": (
        "43{4a\u00c44f!59~5a\u00dc5f^63[6a\u00f67c\u00a7a1\u00dfb0\u00a2b5@ba\u00acbb|c0\u00e4"
        "cc\u00a6d0\u00fcdc}e0\u00d6ec\\fc]"
    ),
    "cp277": (
        "47}4a#4f!5a\u00a45b\u00c55f^67$6a\u00f870\u00a67b\u00c67c\u00d880@9c{9e[9f]a1\u00fc"
        "b0\u00a2ba\u00acbb|c0\u00e6d0\u00e5dc~"
    ),
    "cp278": (
        "43{47}4a\u00a74f!51`5a\u00a45b\u00c55f^63#67$6a\u00f671\\79\u00e97b\u00c47c\u00d69f]"
        "a1\u00fcb0\u00a2b5[ba\u00acbb|c0\u00e4cc\u00a6d0\u00e5dc~e0\u00c9ec@"
    ),
    "cp280": (
        "44{48\\4a\u00b04f!51]54}58~5a\u00e95f^6a\u00f279\u00f97b\u00a37c\u00a790[a1\u00ecb0\u00a2"
        "b1#b5@ba\u00acbb|c0\u00e0cd\u00a6d0\u00e8dd`e0\u00e7"
    ),
    "cp284": "49\u00a64a[5a]69#6a\u00f17b\u00d1a1\u00a8b0\u00a2ba^bb!bd~",
    "cp285": "4a$5b\u00a3a1\u00afb0\u00a2b1[ba^bc~",
    "cp297": (
        "44@48\\4a\u00b04f!51{54}5a\u00a75f^6a\u00f979\u00b57b\u00a37c\u00e090[a0`a1\u00a8b0\u00a2"
        "b1#b5]ba\u00acbb|bd~c0\u00e9d0\u00e8dd\u00a6e0\u00e7"
    ),
    "cp424": (
        "41\u05d042\u05d143\u05d244\u05d345\u05d446\u05d547\u05d648\u05d749\u05d851\u05d952\u05da"
        "53\u05db54\u05dc55\u05dd56\u05de57\u05df58\u05e059\u05e162\u05e263\u05e364\u05e465\u05e5"
        "66\u05e667\u05e768\u05e869\u05e970\ufffe71\u05ea72\ufffe73\ufffe74\u00a075\ufffe76\ufffe"
        "77\ufffe78\u201780\ufffe8c\ufffe8d\ufffe8e\ufffe9a\ufffe9b\ufffe9c\ufffe9e\ufffeaa\ufffe"
        "ab\ufffeac\ufffead\ufffeae\ufffeb3\u2022bc\u203ecb\ufffecc\ufffecd\ufffece\ufffecf\ufffe"
        "db\ufffedc\ufffedd\ufffede\ufffedf\ufffeeb\ufffeec\ufffeed\ufffeee\ufffeef\ufffefb\ufffe"
        "fc\ufffefd\ufffefe\ufffe"
    ),
    "cp500": "4a[4f!5a]5f^b0\u00a2ba\u00acbb|",
    "cp870": (
        "44\u016346\u010347\u010d49\u01074a[4f!52\u011954\u016f57\u013e58\u013a5a]5f^64\u02dd"
        "66\u010267\u010c69\u01066a|70\u02c772\u011874\u016e77\u013d78\u013980\u02d88a\u015b"
        "8b\u01488c\u01118e\u01598f\u015f9a\u01429b\u01449c\u01619e\u02dba0\u0105aa\u015aab\u0147"
        "ac\u0110ae\u0158af\u015eb0\u02d9b1\u0104b2\u017cb3\u0162b4\u017bb6\u017eb7\u017ab8\u017d"
        "b9\u0179ba\u0141bb\u0143bc\u0160cd\u0155cf\u0151da\u011adb\u0171dd\u0165df\u011bea\u010f"
        "ed\u0154ef\u0150fa\u010efb\u0170fd\u0164"
    ),
    "cp871": (
        "4a\u00de4f!5a\u00c65f\u00d679\u00f07c\u00d08c`8e{9c}9e]a1\u00f6ac@ae[b0\u00a2ba\u00acbb|"
        "be\\c0\u00fecc~d0\u00e6e0\u00b4ec^"
    ),
    "cp875": (
        "41\u039142\u039243\u039344\u039445\u039546\u039647\u039748\u039849\u03994a[4f!51\u039a"
        "52\u039b53\u039c54\u039d55\u039e56\u039f57\u03a058\u03a159\u03a35a]5f^62\u03a463\u03a5"
        "64\u03a665\u03a766\u03a867\u03a968\u03aa69\u03ab6a|70\u00a871\u038672\u038873\u0389"
        "74\u00a075\u038a76\u038c77\u038e78\u038f80\u03858a\u03b18b\u03b28c\u03b38d\u03b48e\u03b5"
        "8f\u03b69a\u03b79b\u03b89c\u03b99d\u03ba9e\u03bb9f\u03bca0\u00b4aa\u03bdab\u03beac\u03bf"
        "ad\u03c0ae\u03c1af\u03c3b0\u00a3b1\u03acb2\u03adb3\u03aeb4\u03cab5\u03afb6\u03ccb7\u03cd"
        "b8\u03cbb9\u03ceba\u03c2bb\u03c4bc\u03c5bd\u03c6be\u03c7bf\u03c8cb\u03c9cc\u0390cd\u03b0"
        "ce\u2018cf\u2015da\u00b1db\u00bddc\ufffedd\u0387de\u2019df\u00a6e1\ufffeeb\u00a7ec\ufffe"
        "ed\ufffeee\u00abef\u00acfb\u00a9fc\ufffefd\ufffefe\u00bb"
    ),
    "cp1025": (
        "42\u045243\u045344\u045145\u045446\u045547\u045648\u045749\u04584a[4f!51\u045952\u045a"
        "53\u045b54\u045c55\u045e56\u045f57\u042a58\u211659\u04025a]5f^62\u040363\u040164\u0404"
        "65\u040566\u040667\u040768\u040869\u04096a|70\u040a71\u040b72\u040c73\u00ad74\u040e"
        "75\u040f76\u044e77\u043078\u043180\u04468a\u04348b\u04358c\u04448d\u04338e\u04458f\u0438"
        "90\u04399a\u043a9b\u043b9c\u043c9d\u043d9e\u043e9f\u043fa0\u044faa\u0440ab\u0441ac\u0442"
        "ad\u0443ae\u0436af\u0432b0\u044cb1\u044bb2\u0437b3\u0448b4\u044db5\u0449b6\u0447b7\u044a"
        "b8\u042eb9\u0410ba\u0411bb\u0426bc\u0414bd\u0415be\u0424bf\u0413ca\u0425cb\u0418cc\u0419"
        "cd\u041ace\u041bcf\u041cda\u041ddb\u041edc\u041fdd\u042fde\u0420df\u0421e1\u00a7ea\u0422"
        "eb\u0423ec\u0416ed\u0412ee\u042cef\u042bfa\u0417fb\u0428fc\u042dfd\u0429fe\u0427"
    ),
    "cp1026": (
        "48{4a\u00c74f!5a\u011e5b\u01305f^68[6a\u015f79\u01317b\u00d67c\u015e7f\u00dc8c}8d`8e\u00a6"
        'a1\u00f6ac]ad$ae@b0\u00a2ba\u00acbb|c0\u00e7cc~d0\u011fdc\\e0\u00fcec#fc"'
    ),
    "cp1047": "5f^ad[b0\u00acba\u00ddbb\u00a8bd]",
    "cp1112": (
        "42\u016144\u010545\u012f46\u016b48\u011349\u017e52\u011953\u011754\u010d55\u017356\u201e"
        "57\u201c58\u012362\u016064\u010465\u012e66\u016a68\u011269\u017d72\u011873\u011674\u010c"
        "75\u017276\u012a77\u013b78\u01228c\u01018d\u017c8e\u01449a\u01569b\u01579d\u0137aa\u201d"
        "ab\u017aac\u0100ad\u017bae\u0143b2\u012bbc\u0179bd\u0136be\u013ccb\u014dcd\u0146db\u0107"
        "dd\u0142de\u015bdf\u2019eb\u014ced\u0145fb\u0106fd\u0141fe\u015a"
    ),
    "cp1122": (
        "43{47}4a\u00a74f!51`5a\u00a45b\u00c55f^63#67$6a\u00f671\\79\u00e97b\u00c47c\u00d68c\u0161"
        "8e\u017e9f]a1\u00fcac\u0160ae\u017db0\u00a2b5[ba\u00acbb|c0\u00e4cc\u00a6d0\u00e5dc~"
        "e0\u00c9ec@"
    ),
    "cp1123": (
        "42\u045243\u049144\u045145\u045446\u045547\u045648\u045749\u04584a[4f!51\u045952\u045a"
        "53\u045b54\u045c55\u045e56\u045f57\u042a58\u211659\u04025a]5f^62\u049063\u040164\u0404"
        "65\u040566\u040667\u040768\u040869\u04096a|70\u040a71\u040b72\u040c73\u00ad74\u040e"
        "75\u040f76\u044e77\u043078\u043180\u04468a\u04348b\u04358c\u04448d\u04338e\u04458f\u0438"
        "90\u04399a\u043a9b\u043b9c\u043c9d\u043d9e\u043e9f\u043fa0\u044faa\u0440ab\u0441ac\u0442"
        "ad\u0443ae\u0436af\u0432b0\u044cb1\u044bb2\u0437b3\u0448b4\u044db5\u0449b6\u0447b7\u044a"
        "b8\u042eb9\u0410ba\u0411bb\u0426bc\u0414bd\u0415be\u0424bf\u0413ca\u0425cb\u0418cc\u0419"
        "cd\u041ace\u041bcf\u041cda\u041ddb\u041edc\u041fdd\u042fde\u0420df\u0421e1\u00a7ea\u0422"
        "eb\u0423ec\u0416ed\u0412ee\u042cef\u042bfa\u0417fb\u0428fc\u042dfd\u0429fe\u0427"
    ),
    "cp1140": "9f\u20ac",
    "cp1141": (
        "43{4a\u00c44f!59~5a\u00dc5f^63[6a\u00f67c\u00a79f\u20aca1\u00dfb0\u00a2b5@ba\u00acbb|"
        "c0\u00e4cc\u00a6d0\u00fcdc}e0\u00d6ec\\fc]"
    ),
    "cp1142": (
        "47}4a#4f!5a\u20ac5b\u00c55f^67$6a\u00f870\u00a67b\u00c67c\u00d880@9c{9e[9f]a1\u00fc"
        "b0\u00a2ba\u00acbb|c0\u00e6d0\u00e5dc~"
    ),
    "cp1143": (
        "43{47}4a\u00a74f!51`5a\u20ac5b\u00c55f^63#67$6a\u00f671\\79\u00e97b\u00c47c\u00d69f]"
        "a1\u00fcb0\u00a2b5[ba\u00acbb|c0\u00e4cc\u00a6d0\u00e5dc~e0\u00c9ec@"
    ),
    "cp1144": (
        "44{48\\4a\u00b04f!51]54}58~5a\u00e95f^6a\u00f279\u00f97b\u00a37c\u00a790[9f\u20aca1\u00ec"
        "b0\u00a2b1#b5@ba\u00acbb|c0\u00e0cd\u00a6d0\u00e8dd`e0\u00e7"
    ),
    "cp1145": "49\u00a64a[5a]69#6a\u00f17b\u00d19f\u20aca1\u00a8b0\u00a2ba^bb!bd~",
    "cp1146": "4a$5b\u00a39f\u20aca1\u00afb0\u00a2b1[ba^bc~",
    "cp1147": (
        "44@48\\4a\u00b04f!51{54}5a\u00a75f^6a\u00f979\u00b57b\u00a37c\u00e090[9f\u20aca0`a1\u00a8"
        "b0\u00a2b1#b5]ba\u00acbb|bd~c0\u00e9d0\u00e8dd\u00a6e0\u00e7"
    ),
    "cp1148": "4a[4f!5a]5f^9f\u20acb0\u00a2ba\u00acbb|",
    "cp1149": (
        "4a\u00de4f!5a\u00c65f\u00d679\u00f07c\u00d08c`8e{9c}9e]9f\u20aca1\u00f6ac@ae[b0\u00a2"
        "ba\u00acbb|be\\c0\u00fecc~d0\u00e6e0\u00b4ec^"
    ),
    "cp1153": (
        "44\u016346\u010347\u010d49\u01074a[4f!52\u011954\u016f57\u013e58\u013a5a]5f^64\u02dd"
        "66\u010267\u010c69\u01066a|70\u02c772\u011874\u016e77\u013d78\u013980\u02d88a\u015b"
        "8b\u01488c\u01118e\u01598f\u015f9a\u01429b\u01449c\u01619e\u02db9f\u20aca0\u0105aa\u015a"
        "ab\u0147ac\u0110ae\u0158af\u015eb0\u02d9b1\u0104b2\u017cb3\u0162b4\u017bb6\u017eb7\u017a"
        "b8\u017db9\u0179ba\u0141bb\u0143bc\u0160cd\u0155cf\u0151da\u011adb\u0171dd\u0165df\u011b"
        "ea\u010fed\u0154ef\u0150fa\u010efb\u0170fd\u0164"
    ),
    "cp1154": (
        "42\u045243\u045344\u045145\u045446\u045547\u045648\u045749\u04584a[4f!51\u045952\u045a"
        "53\u045b54\u045c55\u045e56\u045f57\u042a58\u211659\u04025a]5f^62\u040363\u040164\u0404"
        "65\u040566\u040667\u040768\u040869\u04096a|70\u040a71\u040b72\u040c73\u00ad74\u040e"
        "75\u040f76\u044e77\u043078\u043180\u04468a\u04348b\u04358c\u04448d\u04338e\u04458f\u0438"
        "90\u04399a\u043a9b\u043b9c\u043c9d\u043d9e\u043e9f\u043fa0\u044faa\u0440ab\u0441ac\u0442"
        "ad\u0443ae\u0436af\u0432b0\u044cb1\u044bb2\u0437b3\u0448b4\u044db5\u0449b6\u0447b7\u044a"
        "b8\u042eb9\u0410ba\u0411bb\u0426bc\u0414bd\u0415be\u0424bf\u0413ca\u0425cb\u0418cc\u0419"
        "cd\u041ace\u041bcf\u041cda\u041ddb\u041edc\u041fdd\u042fde\u0420df\u0421e1\u20acea\u0422"
        "eb\u0423ec\u0416ed\u0412ee\u042cef\u042bfa\u0417fb\u0428fc\u042dfd\u0429fe\u0427"
    ),
    "cp1155": (
        "48{4a\u00c74f!5a\u011e5b\u01305f^68[6a\u015f79\u01317b\u00d67c\u015e7f\u00dc8c}8d`8e\u00a6"
        '9f\u20aca1\u00f6ac]ad$ae@b0\u00a2ba\u00acbb|c0\u00e7cc~d0\u011fdc\\e0\u00fcec#fc"'
    ),
    "cp1156": (
        "42\u016144\u010545\u012f46\u016b48\u011349\u017e52\u011953\u011754\u010d55\u017356\u201e"
        "57\u201c58\u012362\u016064\u010465\u012e66\u016a68\u011269\u017d72\u011873\u011674\u010c"
        "75\u017276\u012a77\u013b78\u01228c\u01018d\u017c8e\u01449a\u01569b\u01579d\u01379f\u20ac"
        "aa\u201dab\u017aac\u0100ad\u017bae\u0143b2\u012bbc\u0179bd\u0136be\u013ccb\u014dcd\u0146"
        "db\u0107dd\u0142de\u015bdf\u2019eb\u014ced\u0145fb\u0106fd\u0141fe\u015a"
    ),
    "cp1157": (
        "43{47}4a\u00a74f!51`5a\u20ac5b\u00c55f^63#67$6a\u00f671\\79\u00e97b\u00c47c\u00d68c\u0161"
        "8e\u017e9f]a1\u00fcac\u0160ae\u017db0\u00a2b5[ba\u00acbb|c0\u00e4cc\u00a6d0\u00e5dc~"
        "e0\u00c9ec@"
    ),
    "cp1158": (
        "42\u045243\u049144\u045145\u045446\u045547\u045648\u045749\u04584a[4f!51\u045952\u045a"
        "53\u045b54\u045c55\u045e56\u045f57\u042a58\u211659\u04025a]5f^62\u049063\u040164\u0404"
        "65\u040566\u040667\u040768\u040869\u04096a|70\u040a71\u040b72\u040c73\u00ad74\u040e"
        "75\u040f76\u044e77\u043078\u043180\u04468a\u04348b\u04358c\u04448d\u04338e\u04458f\u0438"
        "90\u04399a\u043a9b\u043b9c\u043c9d\u043d9e\u043e9f\u043fa0\u044faa\u0440ab\u0441ac\u0442"
        "ad\u0443ae\u0436af\u0432b0\u044cb1\u044bb2\u0437b3\u0448b4\u044db5\u0449b6\u0447b7\u044a"
        "b8\u042eb9\u0410ba\u0411bb\u0426bc\u0414bd\u0415be\u0424bf\u0413ca\u0425cb\u0418cc\u0419"
        "cd\u041ace\u041bcf\u041cda\u041ddb\u041edc\u041fdd\u042fde\u0420df\u0421e1\u20acea\u0422"
        "eb\u0423ec\u0416ed\u0412ee\u042cef\u042bfa\u0417fb\u0428fc\u042dfd\u0429fe\u0427"
    ),
    "cp930": (
        "0e\ufffe0f\ufffe41\uff6142\uff6243\uff6344\uff6445\uff6546\uff6647\uff6748\uff6849\uff69"
        "4a\u00a351\uff6a52\uff6b53\uff6c54\uff6d55\uff6e56\uff6f57\ufffe58\uff7059\ufffe5b\u00a5"
        "62a63b64c65d66e67f68g69h6a\ufffe70[71i72j73k74l75m76n77o78p80]81\uff7182\uff7283\uff73"
        "84\uff7485\uff7586\uff7687\uff7788\uff7889\uff798a\uff7a8bq8c\uff7b8d\uff7c8e\uff7d"
        "8f\uff7e90\uff7f91\uff8092\uff8193\uff8294\uff8395\uff8496\uff8597\uff8698\uff8799\uff88"
        "9a\uff899br9c\ufffe9d\uff8a9e\uff8b9f\uff8ca0~a1\u203ea2\uff8da3\uff8ea4\uff8fa5\uff90"
        "a6\uff91a7\uff92a8\uff93a9\uff94aa\uff95absac\uff96ad\uff97ae\uff98af\uff99b1\u00a2b2\\b3t"
        "b4ub5vb6wb7xb8yb9zba\uff9abb\uff9bbc\uff9cbd\uff9dbe\uff9ebf\uff9fca\ufffecb\ufffecc\ufffe"
        "cd\ufffece\ufffecf\ufffeda\ufffedb\ufffedc\ufffedd\ufffede\ufffedf\ufffee0$e1\ufffe"
        "ea\ufffeeb\ufffeec\ufffeed\ufffeee\ufffeef\ufffefa\ufffefb\ufffefc\ufffefd\ufffefe\ufffe"
    ),
    "cp933": (
        "0e\ufffe0f\ufffe41\ufffe42\uffa043\uffa144\uffa245\uffa346\uffa447\uffa548\uffa649\uffa7"
        "51\ufffe52\uffa853\uffa954\uffaa55\uffab56\uffac57\uffad58\uffae59\uffaf62\uffb063\uffb1"
        "64\uffb265\uffb366\uffb467\uffb568\uffb669\uffb770[71\ufffe72\uffb873\uffb974\uffba"
        "75\uffbb76\uffbc77\uffbd78\uffbe80]8a\uffc28b\uffc38c\uffc48d\uffc58e\uffc68f\uffc7"
        "90\ufffe9a\uffca9b\uffcb9c\uffcc9d\uffcd9e\uffce9f\uffcfa0\u203eaa\uffd2ab\uffd3ac\uffd4"
        "ad\uffd5ae\uffd6af\uffd7b1\ufffeb2\\b3\ufffeb4\ufffeb5\ufffeb6\ufffeb7\ufffeb8\ufffe"
        "b9\ufffeba\uffdabb\uffdbbc\uffdcbd\ufffebe\ufffebf\ufffeca\ufffecb\ufffecc\ufffecd\ufffe"
        "ce\ufffecf\ufffeda\ufffedb\ufffedc\ufffedd\ufffede\ufffedf\ufffee0\u20a9e1\ufffeea\ufffe"
        "eb\ufffeec\ufffeed\ufffeee\ufffeef\ufffefa\ufffefb\ufffefc\ufffefd\ufffefe\ufffe"
    ),
    "cp935": (
        "0e\ufffe0f\ufffe41\ufffe42\ufffe43\ufffe44\ufffe45\ufffe46\ufffe47\ufffe48\ufffe49\ufffe"
        "4a\u00a351\ufffe52\ufffe53\ufffe54\ufffe55\ufffe56\ufffe57\ufffe58\ufffe59\ufffe5b\u00a5"
        "62\ufffe63\ufffe64\ufffe65\ufffe66\ufffe67\ufffe68\ufffe69\ufffe70\ufffe71\ufffe72\ufffe"
        "73\ufffe74\ufffe75\ufffe76\ufffe77\ufffe78\ufffe80\ufffe8a\ufffe8b\ufffe8c\ufffe8d\ufffe"
        "8e\ufffe8f\ufffe90\ufffe9a\ufffe9b\ufffe9c\ufffe9d\ufffe9e\ufffe9f\ufffea0~a1\u203e"
        "aa\ufffeab\ufffeac\ufffead\ufffeae\ufffeaf\ufffeb1\ufffeb2\\b3\ufffeb4\ufffeb5\ufffe"
        "b6\ufffeb7\ufffeb8\ufffeb9\ufffebc\ufffebd\ufffebe\ufffebf\ufffeca\ufffecb\ufffecc\ufffe"
        "cd\ufffece\ufffecf\ufffeda\ufffedb\ufffedc\ufffedd\ufffede\ufffedf\ufffee0$e1\ufffe"
        "ea\ufffeeb\ufffeec\ufffeed\ufffeee\ufffeef\ufffefa\ufffefb\ufffefc\ufffefd\ufffefe\ufffe"
    ),
    "cp937": (
        "0e\ufffe0f\ufffe41\ufffe42\ufffe43\ufffe44\ufffe45\ufffe46\ufffe47\ufffe48\ufffe49\ufffe"
        "51\ufffe52\ufffe53\ufffe54\ufffe55\ufffe56\ufffe57\ufffe58\ufffe59\ufffe62\ufffe63\ufffe"
        "64\ufffe65\ufffe66\ufffe67\ufffe68\ufffe69\ufffe70\ufffe71\ufffe72\ufffe73\ufffe74\ufffe"
        "75\ufffe76\ufffe77\ufffe78\ufffe80\ufffe8a\ufffe8b\ufffe8c\ufffe8d\ufffe8e\ufffe8f\ufffe"
        "90\ufffe9a\ufffe9b\ufffe9c\ufffe9d\ufffe9e\ufffe9f\ufffea0\ufffeaa\ufffeab\ufffeac\ufffe"
        "ad\ufffeae\ufffeaf\ufffeb1\ufffeb2\ufffeb3\ufffeb4\ufffeb5\ufffeb6\ufffeb7\ufffeb8\ufffe"
        "b9\ufffebc\ufffebd\ufffebe\ufffebf\ufffeca\ufffecb\ufffecc\ufffecd\ufffece\ufffecf\ufffe"
        "da\ufffedb\ufffedc\ufffedd\ufffede\ufffedf\ufffee1\ufffeea\ufffeeb\ufffeec\ufffeed\ufffe"
        "ee\ufffeef\ufffefa\ufffefb\ufffefc\ufffefd\ufffefe\ufffe"
    ),
    "cp939": (
        "0e\ufffe0f\ufffe41\ufffe42\uff6143\uff6244\uff6345\uff6446\uff6547\uff6648\uff6749\uff68"
        "51\uff6952\uff6a53\uff6b54\uff6c55\uff6d56\uff6e57\uff6f58\uff7059\uff7162\uff7263\uff73"
        "64\uff7465\uff7566\uff7667\uff7768\uff7869\uff796a\ufffe70\uff7a71\uff7b72\uff7c73\uff7d"
        "74\uff7e75\uff7f76\uff8077\uff8178\uff8280\ufffe8a\uff838b\uff848c\uff858d\uff868e\uff87"
        "8f\uff8890\ufffe9a\uff899b\uff8a9c\uff8b9d\uff8c9e\uff8d9f\uff8ea0\u203eaa\uff8fab\uff90"
        "ac\uff91ad[ae\uff92af\uff93b3\uff94b4\uff95b5\uff96b6\uff97b7\uff98b8\uff99b9\uff9a"
        "ba\uff9bbb\uff9cbc\uff9dbd]be\uff9ebf\uff9fca\ufffecb\ufffecc\ufffecd\ufffece\ufffe"
        "cf\ufffeda\ufffedb\ufffedc\ufffedd\ufffede\ufffedf\ufffee1\ufffeea\ufffeeb\ufffeec\ufffe"
        "ed\ufffeee\ufffeef\ufffefa\ufffefb\ufffefc\ufffefd\ufffefe\ufffe"
    ),
    "cp1364": "",
    "cp1371": "9f\u20ac",
    "cp1388": "",
    "cp1390": "e1\u20ac",
    "cp1399": "e1\u20ac",
}
