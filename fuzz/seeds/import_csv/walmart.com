qname,qtype,outcome,owner,type,rdata
mxa-000c7201.gslb.pphosted.com.,A,answered,mxa-000c7201.gslb.pphosted.com.,A,67.231.152.86
mxa-000c7201.gslb.pphosted.com.,AAAA,unrecorded,,,
mxb-000c7201.gslb.pphosted.com.,A,answered,mxb-000c7201.gslb.pphosted.com.,A,67.231.152.86
mxb-000c7201.gslb.pphosted.com.,AAAA,unrecorded,,,
walmart.com.,MX,answered,walmart.com.,MX,10 mxa-000c7201.gslb.pphosted.com.
walmart.com.,MX,answered,walmart.com.,MX,10 mxb-000c7201.gslb.pphosted.com.
walmart.com.,NS,answered,walmart.com.,NS,a1-185.akam.net.
walmart.com.,NS,answered,walmart.com.,NS,a10-66.akam.net.
walmart.com.,NS,answered,walmart.com.,NS,a22-67.akam.net.
walmart.com.,NS,answered,walmart.com.,NS,a3-64.akam.net.
walmart.com.,NS,answered,walmart.com.,NS,a5-65.akam.net.
walmart.com.,NS,answered,walmart.com.,NS,a8-66.akam.net.
walmart.com.,NS,answered,walmart.com.,NS,pdnswm1.ultradns.net.
walmart.com.,NS,answered,walmart.com.,NS,pdnswm2.ultradns.net.
walmart.com.,NS,answered,walmart.com.,NS,pdnswm3.ultradns.org.
walmart.com.,NS,answered,walmart.com.,NS,pdnswm4.ultradns.org.
walmart.com.,NS,answered,walmart.com.,NS,pdnswm5.ultradns.info.
walmart.com.,NS,answered,walmart.com.,NS,pdnswm6.ultradns.co.uk.
walmart.com.,TXT,answered,walmart.com.,TXT,"""v=spf1 include:_netblocks.walmart.com include:_smartcomm.walmart.com include:_vspf1.walmart.com include:_vspf2.walmart.com include:_vspf3.walmart.com ip4:161.170.248.0/24 ip4:161.170.244.0/24 ip4:161.170.241.16/30 ip4:161.170.245.0/24 ip4:161.170.249.0/24"" "" ~all"""
_dmarc.walmart.com.,TXT,answered,_dmarc.walmart.com.,TXT,"""v=DMARC1; p=reject; fo=1; rua=mailto:dmarc_rua@emaildefense.proofpoint.com; ruf=mailto:dmarc_ruf@emaildefense.proofpoint.com"""
