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
_netblocks.walmart.com.,TXT,answered,_netblocks.walmart.com.,TXT,"""v=spf1 ip4:161.167.229.0/24 ip4:161.168.138.0/24 ip4:161.165.138.0/24 ip4:161.165.133.0/24 ip4:161.168.133.0/24 -all"""
_smartcomm.walmart.com.,TXT,answered,_smartcomm.walmart.com.,TXT,"""v=spf1 ip4:161.170.236.31 ip4:161.170.233.17 ip4:161.170.231.17 ip4:161.170.231.18 ip4:161.170.233.18 ip4:161.170.233.19 ip4:161.170.242.215 -all"""
_vspf1.walmart.com.,TXT,answered,_vspf1.walmart.com.,TXT,"""v=spf1 ip4:205.201.128.0/20 ip4:198.2.128.0/18 ip4:148.105.0.0/16 ip4:63.101.151.3 ip4:63.101.151.4 ip4:63.101.151.8 ip4:131.124.4.20 ip4:64.127.107.20 ip4:204.13.11.48 ip4:204.13.11.49 ip4:204.13.11.51 ip4:204.13.11.36 ip4:195.14.73.86 ip4:195.14.73.87 i"" ""p4:65.212.180.75 ip4:65.212.180.36 ip4:195.14.73.87 ip4:195.14.73.86 ip4:52.8.51.73 ip4:52.8.237.253 ip4:52.8.142.200 ip4:200.72.45.226 ip4:200.72.45.230 ip4:200.29.16.2 ip4:209.137.135.192/26 ip4:209.137.158.128/25 ip4:82.199.68.128/25 -all"""
_vspf2.walmart.com.,TXT,answered,_vspf2.walmart.com.,TXT,"""v=spf1 ip4:194.11.253.147/28 ip4:194.4.230.80/28 ip4:194.4.230.79 ip4:194.11.253.134 ip4:194.11.253.135 ip4:194.4.230.84 ip4:162.247.216.0/22 ip4:54.186.193.102/32 ip4:85.222.130.224/28 ip4:85.222.138.224/28 ip4:96.43.144.64/28 ip4:96.43.147.64/28 ip4:96."" ""43.148.64/28 ip4:96.43.151.64/28 ip4:101.53.164.224/28 ip4:136.146.128.64/28 ip4:136.146.208.16/28 ip4:136.146.210.16/28 ip4:136.147.62.192/28 ip4:136.147.46.192/28 ip4:136.147.46.224/28 ip4:136.147.62.224/28 ip4:182.50.78.64/28 ip4:204.14.232.64/28 -all"""
_vspf3.walmart.com.,TXT,answered,_vspf3.walmart.com.,TXT,"""v=spf1 ip4:204.14.234.64/28 ip4:198.245.81.0/24 ip4:136.147.176.0/24 ip4:13.111.0.0/24 ip4:13.111.1.0/24 ip4:13.111.2.0/24 ip4:13.111.3.0/24 ip4:136.147.182.0/24 ip4:136.147.135.0/24 ip4:199.122.123.188/30 ip4:199.122.123.192 ip4:115.29.4.153 ip4:63.101.1"" ""51.1 ip4:63.101.151.3 ip4:63.101.151.4 ip4:63.101.151.8 ip4:166.78.90.5 ip4:156.70.5.157 ip4:156.70.5.161 ip4:156.70.5.159 ip4:156.70.5.165 ip4:156.70.25.149 ip4:156.70.25.148 -all"""
