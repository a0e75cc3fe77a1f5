"""The built-in example sets, in English and Chinese.

Each has paraphrases, sentences that share words but not meaning, and unrelated sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Example:
    """A set of sentences to compare with one another.

    Attributes:
        name: on the command line.
        title: in the web app, by language (`en`, `zh`).
        language: of the sentences.
        texts: the sentences.
    """

    name: str
    title: Mapping[str, str]
    language: str
    texts: tuple[str, ...]


def _example(name: str, en: str, zh: str, *texts: str) -> Example:
    language = "zh" if name.endswith("-zh") else "en"
    return Example(name, MappingProxyType({"en": en, "zh": zh}), language, texts)


EXAMPLES: tuple[Example, ...] = (
    _example(
        "everyday", "Everyday life", "日常生活",
        "A woman is walking her dog in the park.",
        "A lady takes her dog for a stroll through the park.",
        "The children are building a sandcastle on the beach.",
        "Kids make a castle out of sand by the sea.",
        "I parked the car behind the house.",
        "My neighbour plays the piano every evening.",
        "Every night the person next door practises piano.",
        "The dog barked at the parked car.",
    ),
    _example(
        "technology", "Technology", "科技",
        "The server ran out of memory and restarted.",
        "After using up all its RAM, the machine rebooted.",
        "The new phone has a brighter screen and a longer battery life.",
        "Its display is more luminous, and it lasts longer on one charge.",
        "The waiter served the guests from memory.",
        "Encrypt the backup before you copy it to the cloud.",
        "Make sure stored copies are encrypted prior to uploading them.",
        "Apples ripen in early autumn.",
    ),
    _example(
        "medicine", "Medicine", "医学",
        "The patient complains of a severe headache and nausea.",
        "He has a strong pain in his head and feels like vomiting.",
        "High blood pressure raises the risk of a stroke.",
        "Hypertension makes a stroke more likely.",
        "The swimmer improved her stroke this season.",
        "Take one tablet twice a day with food.",
        "The medicine should be taken morning and evening during meals.",
        "The hospital opened a new car park.",
    ),
    _example(
        "finance", "Finance", "金融",
        "The central bank raised interest rates by a quarter point.",
        "Borrowing costs went up 0.25 percent after the monetary authority's decision.",
        "We walked along the bank of the river.",
        "The company reported a loss in the third quarter.",
        "Third-quarter results showed the firm was losing money.",
        "Investors moved their savings from shares to bonds.",
        "People sold stocks and bought government debt instead.",
        "She lost her purse at the quarterly meeting.",
    ),
    _example(
        "customer-service", "Customer service", "客户服务",
        "How do I get my money back for a broken item?",
        "The product arrived damaged and I want a refund.",
        "Where is my parcel? It should have come on Monday.",
        "My order has not been delivered yet, although it was due.",
        "I cannot sign in because I forgot my password.",
        "How can I reset the password of my account?",
        "Please cancel my subscription at the end of the month.",
        "Your staff were friendly and helpful, thank you!",
    ),
    _example(
        "law", "Law", "法律",
        "The tenant must give three months' notice before moving out.",
        "Whoever rents the flat has to announce leaving a quarter of a year ahead.",
        "The court dismissed the claim for lack of evidence.",
        "The judge threw out the case because nothing had been proven.",
        "They played tennis on the court until dark.",
        "Both parties signed the contract in the presence of a notary.",
        "The agreement was concluded before a notary by the two sides.",
        "We threw a party after signing the lease.",
    ),
    _example(
        "science", "Science", "科学",
        "Plants turn sunlight into chemical energy.",
        "Photosynthesis lets vegetation store the energy of light.",
        "The power plant was shut down for repairs.",
        "Water expands when it freezes.",
        "Ice takes up more room than the liquid it formed from.",
        "The telescope found a planet circling a distant star.",
        "Astronomers discovered an exoplanet in orbit around a faraway sun.",
        "The film star lives far away from the city.",
    ),
    _example(
        "travel-food", "Travel and food", "旅行与美食",
        "Could you recommend a quiet hotel near the station?",
        "I am looking for a peaceful place to stay close to the trains.",
        "The noodles were too spicy for the children.",
        "Our kids found the pasta dish far too hot.",
        "It was too hot to walk to the castle.",
        "The flight to Lisbon was delayed by four hours.",
        "Our plane to Portugal left much later than planned.",
        "Fold the egg whites gently into the batter.",
    ),
    _example(
        "everyday-zh", "Everyday life (Chinese)", "日常生活（中文）",
        "一位女士在公园里遛狗。",
        "有个女人牵着狗在公园散步。",
        "孩子们在海滩上堆沙堡。",
        "小朋友在海边用沙子搭城堡。",
        "我把车停在房子后面。",
        "邻居每天晚上都弹钢琴。",
        "隔壁的人每晚练习钢琴。",
        "狗对着停着的汽车叫。",
    ),
    _example(
        "technology-zh", "Technology (Chinese)", "科技（中文）",
        "服务器内存耗尽后自动重启了。",
        "机器的内存用光了，于是重新启动。",
        "新手机屏幕更亮，电池更耐用。",
        "这款手机的显示屏更明亮，充一次电能用更久。",
        "上传到云端之前请先加密备份。",
        "备份文件要加密以后再传到云上。",
        "服务员记得每位客人点的菜。",
        "苹果在初秋成熟。",
    ),
    _example(
        "medicine-zh", "Medicine (Chinese)", "医学（中文）",
        "病人说自己头痛得厉害，还恶心。",
        "患者主诉剧烈头疼并伴有想吐的感觉。",
        "高血压会增加中风的风险。",
        "血压过高的人更容易得脑卒中。",
        "这种药每天两次，每次一片，随餐服用。",
        "早晚吃饭时各吃一片药。",
        "医院新建了一个停车场。",
        "他打算周末去爬山。",
    ),
    _example(
        "finance-zh", "Finance (Chinese)", "金融（中文）",
        "央行把利率上调了零点二五个百分点。",
        "中央银行决定加息二十五个基点。",
        "公司第三季度出现亏损。",
        "三季度财报显示这家企业在赔钱。",
        "投资者卖出股票，转而购买国债。",
        "很多人把股市里的钱换成了政府债券。",
        "我们沿着河岸散步。",
        "她在季度会议上丢了钱包。",
    ),
    _example(
        "customer-service-zh", "Customer service (Chinese)", "客户服务（中文）",
        "收到的商品坏了，怎么退款？",
        "东西到手就是破损的，我要求退钱。",
        "我的包裹在哪里？应该周一就到了。",
        "订单早该送达，可到现在还没收到。",
        "忘记密码，登录不了账号。",
        "怎样重新设置账户密码？",
        "请在月底取消我的会员订阅。",
        "你们的客服很热情，谢谢！",
    ),
    _example(
        "law-zh", "Law (Chinese)", "法律（中文）",
        "租客搬走前必须提前三个月通知房东。",
        "承租人退租应当提前一个季度告知出租人。",
        "法院因证据不足驳回了诉讼请求。",
        "由于没有足够的证明，法官没有支持原告。",
        "双方在公证员面前签订了合同。",
        "这份协议是两方当着公证人的面签署的。",
        "他们在球场上打网球打到天黑。",
        "房东养了两只猫。",
    ),
    _example(
        "science-zh", "Science (Chinese)", "科学（中文）",
        "植物把阳光转化为化学能。",
        "光合作用让植物储存光的能量。",
        "水结冰时体积会变大。",
        "冰占的空间比同样多的水更大。",
        "望远镜发现了一颗绕着遥远恒星运行的行星。",
        "天文学家找到一颗围绕远方恒星公转的系外行星。",
        "发电厂因检修而停机。",
        "那位电影明星住得离城市很远。",
    ),
    _example(
        "travel-food-zh", "Travel and food (Chinese)", "旅行与美食（中文）",
        "能推荐一家离车站近又安静的酒店吗？",
        "我想找个靠近火车站、不吵的住处。",
        "这碗面对孩子来说太辣了。",
        "面条辣得小朋友吃不下去。",
        "飞往里斯本的航班晚点了四个小时。",
        "我们去葡萄牙的飞机比预定时间晚了很多。",
        "天太热，走不到城堡那边。",
        "把蛋白轻轻拌进面糊里。",
    ),
)  # fmt: skip
"""Names are unique; those of the Chinese sets end in -zh."""
